// A student with a bad link, and one who goes by the keyboard: what is written while the link is away is seen at once and
// sent although the room was left, a draft keeps what it answers, a file that failed holds its message back, a jump far up
// stays where it leads, what comes while nobody looks is not read, and the focus comes back. MSG-01 MSG-04 MSG-05

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, classroom } from './school.mjs';

/** So many messages are there before anybody comes. */
const MANY = 3000;

let product;
let author;
let student;
let room;
/** The student's link is away. */
let cut = false;
const sockets = new Set();

const log = (visitor) => visitor.page.getByRole('log', { name: 'Messages of the chat' });
const row = (visitor, text) => log(visitor).getByRole('article').filter({ hasText: text }).last();
const number = (visitor, n) => row(visitor, new RegExp(`Number ${n} of many`));
const field = (visitor) => visitor.page.getByRole('textbox', { name: 'Write a message' });
const actions = (visitor, text) =>
  row(visitor, text).getByRole('button', { name: 'Actions for the message' });
async function write(visitor, text) {
  await field(visitor).fill(text);
  await field(visitor).press('Enter');
}
const onScreen = (locator) =>
  locator.evaluate((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    const box = one.closest('[role=log]').getBoundingClientRect();
    return bottom > box.top && top < box.bottom;
  });
const below = (visitor) =>
  log(visitor).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);

/** From here on the student's page may lose its link. */
async function onBadLink({ page }) {
  await page.routeWebSocket(/\/api\/v1\/ws/, (socket) => {
    if (cut) return void socket.close({ code: 1011 });
    sockets.add(socket);
    socket.connectToServer();
  });
  await page.route(/\/api\/v1\/rooms\//, (route) => (cut ? route.abort() : route.continue()));
}
async function cutLink() {
  cut = true;
  for (const socket of sockets) await socket.close({ code: 1011 });
  sockets.clear();
}

/** The link is back, and the browser says so. */
async function mendLink({ page }) {
  cut = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
}

before(async () => {
  product = await Product.start();
  const made = await classroom(product);
  ({ author, student } = made);
  const ask = await caller(student);
  room = (await ask('GET', `/lessons/${made.lesson}/room`)).room_id;
  await product.query(`
    with made as (
      insert into messages (id, room_id, seq, author_id, author_role, client_id, body, created_at)
      select gen_random_uuid(), '${room}', n, (select id from users where email = 'dilnoza@example.com'), 'author',
        'n' || n, 'Number ' || n || ' of many', now() - interval '2 days' + n * interval '1 second'
      from generate_series(1, ${MANY}) n returning id, seq, created_at)
    insert into room_log (room_id, seq, kind, msg_id, created_at)
    select '${room}', seq, 1, id, created_at from made;
    update room_heads set head = ${MANY}, active_at = now() where room_id = '${room}'`);
  const [far] = await product.query(`select id from messages where room_id = '${room}' and seq = 10`);
  const answer = { client_id: 'far', body: 'This answers the tenth', reply_to: far };
  await (await caller(author))('POST', `/rooms/${room}/messages`, answer);
  await onBadLink(student);
  for (const visitor of [author, student]) {
    await visitor.page.goto(`/messages/${room}`);
    await row(visitor, 'This answers the tenth').waitFor();
  }
});
after(() => product?.stop());

/** screens, 63 and 64 */
test('a quote thousands of messages up leads there, and reading on from there leads nobody astray', async () => {
  await row(student, 'This answers the tenth')
    .getByRole('button', { name: /Dilnoza Karimova/ })
    .click();
  await number(student, 10).waitFor();
  await until('the tenth is on the screen', () => onScreen(number(student, 10)));
  const down = () => log(student).evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await down();
  await until('more of the past is here', async () => (await below(student)) > 300);
  assert.equal(await number(student, MANY).count(), 0);
  // Upward the room begins, and what is read does not move.
  await log(student).evaluate((box) => box.scrollTo(0, 0));
  await number(student, 1).waitFor();
  await student.page.getByText('This is the start of the chat.').waitFor();
  const newest = student.page.getByRole('button', { name: 'To the newest' });
  await newest.focus();
  await student.page.keyboard.press('Enter');
  await number(student, MANY).waitFor();
  await until('the end is on the screen', async () => (await below(student)) < 60);
  // Who has pressed it with a key is in the list, not at the start of the page.
  assert.equal(await student.page.evaluate(() => document.activeElement?.getAttribute('role')), 'log');
});

test('a hit of the search far up is shown, and a place that cannot be asked for moves nobody', async () => {
  await student.page.getByRole('button', { name: 'Search in this chat' }).click();
  await student.page.getByRole('searchbox', { name: 'Search in this chat' }).fill('1234');
  const hit = student.page.getByRole('search').getByRole('button', { name: /Number 1234 of many/ });
  await hit.waitFor();
  await student.page.getByRole('status').filter({ hasText: '1 message found' }).waitFor();
  await hit.click();
  await until('it is on the screen', () => onScreen(number(student, 1234)));
  await student.page.getByRole('searchbox', { name: 'Search in this chat' }).fill('2345');
  const other = student.page.getByRole('search').getByRole('button', { name: /Number 2345 of many/ });
  await other.waitFor();
  await student.page.route(/\/messages\?around=/, (route) => route.abort());
  await other.click();
  await student.page.getByText('The server did not answer. Try again.').waitFor();
  assert.equal(await onScreen(number(student, 1234)), true);
  await student.page.unroute(/\/messages\?around=/);
  await student.page.keyboard.press('Escape');
  await student.page.getByRole('button', { name: 'Search in this chat', expanded: false }).waitFor();
  await student.page.getByRole('button', { name: 'To the newest' }).click();
});

/** screens, 65 and 70 */
test('what is written without a link is sent when it is back, though the room was left', async () => {
  await cutLink();
  await write(student, 'Written in the metro');
  await row(student, 'Written in the metro').getByText('sending').waitFor();
  await student.page.getByText('The link to the chat is lost').waitFor();
  await student.page.getByRole('link', { name: 'Catalogue' }).first().click();
  await student.page.waitForURL('**/catalogue**');
  await mendLink(student);
  await row(author, 'Written in the metro').waitFor();
  // A page that was closed meanwhile sends it from whichever page is opened next.
  await student.page.goto(`/messages/${room}`);
  await row(student, 'Written in the metro').waitFor();
  await cutLink();
  await write(student, 'Written in the lift');
  await row(student, 'Written in the lift').getByText('sending').waitFor();
  await student.page.goto('/catalogue');
  await mendLink(student);
  await row(author, 'Written in the lift').waitFor();
  for (const text of ['Written in the metro', 'Written in the lift']) {
    assert.equal(await log(author).getByRole('article').filter({ hasText: text }).count(), 1);
  }
});

test('a room that does not answer yet says that it opens, and takes words already', async () => {
  cut = true;
  await student.page.goto(`/messages/${room}`);
  await student.page
    .getByRole('status')
    .filter({ hasText: 'Opening the chat' })
    .waitFor({ state: 'attached' });
  await write(student, 'Written before it opened');
  await row(student, 'Written before it opened').getByText('sending').waitFor();
  await mendLink(student);
  await row(author, 'Written before it opened').waitFor();
  await row(student, 'Written before it opened')
    .getByText(/^(sent|delivered|read)$/)
    .waitFor();
});

/** screens, 66 */
test('a draft keeps what it answers over a reload', async () => {
  await actions(student, 'This answers the tenth').click();
  await student.page.getByRole('menuitem', { name: 'Reply' }).click();
  await field(student).fill('Half an answer');
  await student.page.reload();
  await student.page.getByText('Reply to Dilnoza Karimova').waitFor();
  assert.equal(await field(student).inputValue(), 'Half an answer');
  await student.page.goto('/messages');
  await student.page.getByRole('navigation', { name: 'Chats' }).getByText('Draft:').waitFor();
  await student.page.goto(`/messages/${room}`);
  await field(student).press('Enter');
  await row(author, 'Half an answer')
    .getByRole('button', { name: /Dilnoza Karimova/ })
    .waitFor();
  assert.equal(await field(student).inputValue(), '');
  assert.equal(await student.page.getByText('Reply to Dilnoza Karimova').count(), 0);
});

/** screens, 67 */
test('a file that did not go up holds its message back', async () => {
  const refuse = (route) =>
    route.fulfill({ status: 413, contentType: 'application/problem+json', body: '{}' });
  await student.page.route(/\/api\/v1\/uploads/, refuse);
  const file = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('Seq Scan') };
  await student.page.locator('form input[type=file]').setInputFiles(file);
  await student.page.getByText('A file did not go up. Try it again or remove it.').waitFor();
  await write(student, 'With a file');
  assert.equal(await field(student).inputValue(), 'With a file');
  await student.page.unroute(/\/api\/v1\/uploads/, refuse);
  await student.page
    .getByRole('list', { name: 'Attached files' })
    .getByRole('button', { name: 'Try again' })
    .click();
  await student.page.getByText('A file did not go up').waitFor({ state: 'detached' });
  await until('it can be sent', async () => {
    await field(student).press('Enter');
    return (await field(student).inputValue()) === '';
  });
  await row(author, 'With a file')
    .getByRole('button', { name: /plan\.txt/ })
    .waitFor();
});

test('a file whose link was lost on the way goes on from where it was', async () => {
  let begun = 0;
  let refused = 0;
  await student.page.route(/\/api\/v1\/uploads/, (route) => {
    const request = route.request();
    if (request.method() === 'POST') begun++;
    const offset = Number(request.headers()['upload-offset'] ?? 0);
    if (request.method() !== 'PATCH' || offset === 0) return route.continue();
    refused++;
    return route.abort();
  });
  const buffer = Buffer.alloc(5 * 1024 * 1024, 'Seq Scan on orders\n');
  const file = { name: 'long.txt', mimeType: 'text/plain', buffer };
  await student.page.locator('form input[type=file]').setInputFiles(file);
  await student.page
    .getByText('A file did not go up. Try it again or remove it.')
    .waitFor({ timeout: 60_000 });
  assert.ok(refused > 0);
  await student.page.unroute(/\/api\/v1\/uploads/);
  let again = 0;
  student.page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/api/v1/uploads')) again++;
  });
  await student.page.evaluate(() => dispatchEvent(new Event('online')));
  await student.page.getByText('A file did not go up').waitFor({ state: 'detached' });
  await field(student).fill('With a long file');
  await until('it can be sent', async () => {
    await field(student).press('Enter');
    return (await field(student).inputValue()) === '';
  });
  await row(author, 'With a long file')
    .getByRole('button', { name: /long\.txt/ })
    .waitFor();
  assert.deepEqual([begun, again], [1, 0]);
});

/** screens, 65 */
test('what the room refuses is said why, and can be written anew', async () => {
  const refused = row(student, 'The same again');
  for (let time = 0; time < 3; time++) await write(student, 'The same again');
  await student.page.getByText('You have just sent the same.').first().waitFor();
  const before = await log(student).getByRole('article').filter({ hasText: 'The same again' }).count();
  await refused.getByRole('button', { name: 'Edit' }).click();
  await until('it is in the field', async () => (await field(student).inputValue()) === 'The same again');
  assert.equal(
    await log(student).getByRole('article').filter({ hasText: 'The same again' }).count(),
    before - 1,
  );
  await write(student, 'Something else instead');
  await row(author, 'Something else instead').waitFor();
});

/** screens, 71 */
test('the focus comes back to the message whose actions were looked at', async () => {
  const focused = () => student.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  const dots = actions(student, 'With a file');
  await dots.focus();
  await student.page.keyboard.press('Enter');
  await student.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
  await student.page.keyboard.press('Escape');
  await until('the focus is back', async () => (await focused()) === 'Actions for the message');
  await student.page.keyboard.press('Enter');
  await student.page.getByRole('menuitem', { name: 'Delete' }).click();
  await student.page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  await until(
    'the focus is back after the dialog',
    async () => (await focused()) === 'Actions for the message',
  );
});

/** screens, 63 and 64 */
test('what comes while nobody looks waits below a line, and is not read', async () => {
  const look = (state) =>
    student.page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await until('the student is at the end', async () => (await below(student)) < 60);
  await until('all was read', async () => {
    const { items } = await (await caller(student))('GET', '/rooms');
    return items.find(({ id }) => id === room)?.unread === 0;
  });
  await look('hidden');
  for (let part = 1; part <= 12; part++) await write(author, `While you slept, part ${part}`);
  await row(author, 'While you slept, part 12')
    .getByText(/^(sent|delivered)$/)
    .waitFor();
  await student.page.getByRole('button', { name: '12 new messages' }).waitFor();
  await look('visible');
  await log(student).getByText('New messages').waitFor();
  await student.page.getByRole('button', { name: '12 new messages' }).click();
  await row(author, 'While you slept, part 12').getByText('read', { exact: true }).waitFor();
});

test('in a room where something comes all the time, reading is told nevertheless', async () => {
  await author.page.bringToFront();
  const read = log(author)
    .getByRole('article')
    .filter({ hasText: 'Busy' })
    .getByText('read', { exact: true });
  for (let part = 1; part <= 100 && (await read.count()) === 0; part++) {
    await write(author, `Busy, part ${part}`);
    // Never a whole second without one.
    await author.page.waitForTimeout(300);
  }
  assert.ok((await read.count()) > 0, 'what was read is told while more comes');
});

test('nothing was against the policy of the pages', () => {
  const own = (text) => !/WebSocket|net::ERR/.test(text);
  for (const one of [author, student]) assert.deepEqual(one.complaints.filter(own), []);
});
