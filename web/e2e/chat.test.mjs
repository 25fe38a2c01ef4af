// Two people in the chat of a lesson: answers, reactions, edits, files, pins, what is taken back, what waits unread, and
// a link that leads to one message. MSG-01 MSG-04 MSG-05 MSG-06 USR-11

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, classroom } from './school.mjs';

let product;
let author;
let student;
let address;

const log = (visitor) => visitor.page.getByRole('log', { name: 'Messages of the chat' });
const row = (visitor, text) => log(visitor).getByRole('article').filter({ hasText: text }).last();
const field = (visitor) => visitor.page.getByRole('textbox', { name: 'Write a message' });
async function write(visitor, text) {
  await field(visitor).fill(text);
  await field(visitor).press('Enter');
}
async function choose(visitor, text, deed) {
  await row(visitor, text).getByRole('button', { name: 'Actions for the message' }).click();
  await visitor.page.getByRole('menuitem', { name: deed }).click();
}

before(async () => {
  product = await Product.start();
  const made = await classroom(product);
  ({ author, student } = made);
  address = `/learn/${made.course}/${made.lesson}`;
  for (const visitor of [author, student]) {
    await visitor.page.goto(address);
    await field(visitor).waitFor();
  }
});
after(() => product?.stop());

test('marks become code and words that stand out, never markup', async () => {
  await write(student, 'Why **not** `date_trunc(<b>day</b>)`?');
  await row(author, 'Why not').waitFor();
  assert.equal(await row(author, 'Why not').locator('code').textContent(), 'date_trunc(<b>day</b>)');
  assert.equal(await row(author, 'Why not').locator('strong').textContent(), 'not');
});

test('an answer points at what it answers, and a press leads there', async () => {
  await choose(author, 'Why not', 'Reply');
  await author.page.getByText('Reply to Malika Yusupova').waitFor();
  await write(author, 'An index is on the column itself.');
  const quote = row(student, 'An index is on the column').getByRole('button', { name: /Malika Yusupova/ });
  await quote.waitFor();
  await quote.click();
  await row(student, 'Why not').waitFor();
  await row(author, 'An index is on the column')
    .getByText(/^(delivered|read)$/)
    .waitFor();
});

test('a reaction is counted for both, and taken back', async () => {
  await choose(student, 'An index is on the column', /^React with 👍/);
  const hand = row(author, 'An index is on the column').getByRole('button', { name: /^👍/ });
  await hand.waitFor();
  assert.equal(await hand.getAttribute('aria-pressed'), 'false');
  await hand.click();
  await until('two hands', async () => (await hand.innerText()).includes('2'));
  await row(student, 'An index is on the column').getByRole('button', { name: /^👍/ }).click();
  await until('one hand', async () => (await hand.innerText()).includes('1'));
});

test('an own message is edited in place, and the other sees the new text', async () => {
  await write(student, 'It worked, 4 ns');
  await row(author, 'It worked').waitFor();
  await field(student).press('ArrowUp');
  const edit = student.page.getByRole('textbox', { name: 'Text of the message' });
  await edit.fill('It worked, 4 ms');
  await edit.press('Enter');
  await row(author, 'It worked, 4 ms').getByText('edited').waitFor();
});

test('an image goes up while one writes, and both see its small copy', async () => {
  const image = await student.page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 320;
    canvas.height = 180;
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#2f4fc7';
    pen.fillRect(0, 0, 320, 180);
    return canvas.toDataURL('image/png').split(',')[1];
  });
  const file = { name: 'plan.png', mimeType: 'image/png', buffer: Buffer.from(image, 'base64') };
  await student.page.locator('form input[type=file]').setInputFiles(file);
  const waiting = student.page.getByRole('list', { name: 'Attached files' });
  await until('the file is up', async () => /kB|byte/.test(await waiting.innerText()));
  await write(student, 'Here is the plan');
  for (const visitor of [author, student]) {
    const thumb = row(visitor, 'Here is the plan').locator('img');
    await until('the small copy is drawn', () => thumb.evaluate((one) => one.naturalWidth > 0));
  }
  await author.page.getByRole('button', { name: /^Open image plan\./ }).click();
  const whole = author.page.getByRole('dialog').getByRole('img', { name: /^plan\./ });
  await until('the image in full', () => whole.evaluate((one) => one.naturalWidth === 320));
  await author.page.keyboard.press('Escape');
});

test('what is pinned stands above the thread of both', async () => {
  await choose(author, 'An index is on the column', 'Pin');
  await student.page.getByRole('button', { name: /^Pinned/ }).waitFor();
});

test('a message that is taken back is gone for both', async () => {
  await write(student, 'Not meant for here');
  await row(author, 'Not meant for here').waitFor();
  await choose(student, 'Not meant for here', 'Delete');
  await student.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row(author, 'Message deleted').waitFor();
  assert.equal(await log(author).getByText('Not meant for here').count(), 0);
  await author.page.reload();
  await row(author, 'Message deleted').waitFor();
});

test('a draft and the place survive a reload', async () => {
  await field(student).fill('Half a thought');
  await student.page.reload();
  await until('the draft is back', async () => (await field(student).inputValue()) === 'Half a thought');
  await field(student).fill('');
});

test('the list of chats shows what is unread, and opens at it', async () => {
  await student.page.goto('/messages');
  const list = student.page.getByRole('navigation', { name: 'Chats' });
  const line = list.getByRole('link').first();
  await line.waitFor();
  await write(author, 'One more thing about plans');
  await until('it is unread', async () => {
    await student.page.reload();
    await line.waitFor();
    return /1 unread/.test(await line.textContent());
  });
  assert.match(await line.textContent(), /One more thing about plans/);
  await line.click();
  await row(student, 'One more thing about plans').waitFor();
  await log(student).getByText('New messages').waitFor();
  await row(author, 'One more thing about plans').getByText('read', { exact: true }).waitFor();
  await student.page.goto('/messages');
  await until('nothing is unread', async () => {
    await student.page.reload();
    await line.waitFor();
    return !/unread/.test(await line.textContent());
  });
});

test('a link to a message leads to it', async () => {
  const ask = await caller(student);
  const { items } = await ask('GET', '/rooms');
  await student.page.goto(`/messages/${items[0].id}?at=1`);
  await row(student, 'Why not').waitFor();
});

test('where a proxy lets no socket through, the chat goes over HTTP', async () => {
  const page = await student.context.newPage();
  page.setDefaultTimeout(30_000);
  let tried = 0;
  await page.routeWebSocket(/\/api\/v1\/ws/, (socket) => {
    tried++;
    void socket.close({ code: 1011 });
  });
  const blocked = { page };
  await page.goto(address);
  await field(blocked).waitFor();
  await row(blocked, 'One more thing about plans').waitFor();
  await write(blocked, 'Written without a socket');
  await row(author, 'Written without a socket').waitFor();
  await row(blocked, 'Written without a socket').getByText('sent', { exact: true }).waitFor();
  await author.page.bringToFront();
  await write(author, 'Read without a socket');
  await row(blocked, 'Read without a socket').waitFor();
  await choose(author, 'Written without a socket', /^React with 👍/);
  await row(blocked, 'Written without a socket').getByRole('button', { name: /^👍/ }).waitFor();
  // It stands there once, and nothing complains of a lost link.
  const mine = log(blocked).getByRole('article').filter({ hasText: 'Written without a socket' });
  assert.equal(await mine.count(), 1);
  await page.getByText('The link to the chat is lost').waitFor({ state: 'detached' });
  assert.ok(tried >= 2, 'the socket was tried');
  await page.close();
});

test('one sees by name who is here and who types, and the author writes to a student alone', async () => {
  const here = (visitor, name) => visitor.page.getByRole('button', { name: new RegExp(`^Here:.*${name}`) });
  await here(student, 'Dilnoza Karimova').waitFor();
  await field(author).pressSequentially('Hm');
  await student.page.getByText('Dilnoza Karimova is typing').waitFor();
  await field(author).fill('');
  await here(author, 'Malika Yusupova').click();
  const people = author.page.getByRole('dialog', { name: /^Here:/ });
  await people.getByText('Malika Yusupova').waitFor();
  await people.getByRole('searchbox', { name: 'Find a student' }).fill('mali');
  await people.getByRole('button', { name: /^Write to .*Malika Yusupova/ }).click();
  await author.page.waitForURL(/\/messages\/[\w-]+$/);
  // The lesson with its field stays until the page of the chats has come.
  await author.page.getByRole('navigation', { name: 'Chats' }).waitFor();
  await write(author, 'Only between us');
  await row(author, 'Only between us').waitFor();
  await student.page.goto('/messages');
  const list = student.page.getByRole('navigation', { name: 'Chats' });
  await list.getByRole('link').filter({ hasText: 'Only between us' }).click();
  await row(student, 'Only between us').waitFor();
  await row(author, 'Only between us').getByText('read', { exact: true }).waitFor();
});

test('whom one blocks is not read any more, until the profile takes it back', async () => {
  const { page } = author;
  await write(student, 'Between us, then');
  await choose(author, 'Between us, then', 'Block the author');
  await page.getByRole('dialog').getByRole('button', { name: 'Block the author' }).click();
  await page.getByText('Malika Yusupova is blocked').waitFor();
  await row(author, 'Between us, then').waitFor({ state: 'detached' });
  const room = page.url();
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Unblock: Malika Yusupova' }).click();
  await page.getByText('Nobody. A person is blocked').waitFor();
  await page.goto(room);
  await row(author, 'Between us, then').waitFor();
});

test('nothing breaks the content security policy, and axe finds nothing', async () => {
  for (const visitor of [author, student]) assert.deepEqual(visitor.complaints, []);
  assert.deepEqual(await student.accessibility(), []);
});
