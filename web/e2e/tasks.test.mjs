// Tasks that open a chat: an author writes a task and tries it, a student answers wrong three times and may ask, a curator
// answers, and the student's words are read. CRS-38 CRS-39 LRN-16 LRN-17 LRN-18 MSG-08 MSG-09

import assert from 'node:assert/strict';
import { after, before, test as one } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, paragraph, published } from './school.mjs';

let product;
let author;
let student;
let curator;
let course;
let topic;
let taskId;

/** The steps stand on each other: after one has failed the rest would only wait in vain. */
let broken;
function test(name, work) {
  one(name, async () => {
    assert.equal(broken, undefined, `not tried, since this failed before: ${broken}`);
    try {
      await work();
    } catch (error) {
      broken = name;
      for (const [who, visitor] of Object.entries({ author, student, curator })) {
        await visitor?.picture(`tasks-failed-${who}`).catch(() => undefined);
      }
      throw error;
    }
  });
}

before(async () => {
  product = await Product.start();
  author = await product.visitor();
  student = await product.visitor();
  curator = await product.visitor();
  await author.register('dilnoza@example.com', 'Dilnoza', 'Karimova');
  ({ course } = await published(author, 'Numbers from the start'));
  const ask = await caller(author);
  [topic] = (await ask('GET', `/studio/courses/${course}`)).modules.map(({ id }) => id);
  await student.register('malika@example.com', 'Malika', 'Yusupova');
  await (await caller(student))('POST', `/courses/${course}/enroll`, undefined, {
    'idempotency-key': crypto.randomUUID(),
  });
  await product.makeAdmin('kamola@example.com');
  await curator.signIn('kamola@example.com');
});
after(() => product?.stop());

const verdict = (visitor, state) => visitor.page.locator(`[data-verdict=${state}]`);
async function answer(visitor, text) {
  const { page } = visitor;
  await page.getByRole('textbox', { name: /Your answer/ }).fill(text);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
}

test('an author adds a task to a topic, writes a formula, sets the key and tries an answer', async () => {
  const { page } = author;
  await page.goto(`/studio/courses/${course}?module=${topic}`);
  await page.getByRole('button', { name: 'Add a task' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill('A root of nine');
  await dialog.getByRole('button', { name: 'Add a task' }).click();
  await page.waitForURL(/studio\/tasks\/[\w-]+$/);
  taskId = new URL(page.url()).pathname.split('/').at(-1);
  await page.getByRole('textbox', { name: 'What is asked' }).click();
  await page.keyboard.type('Find the positive root.');
  await page.getByRole('button', { name: 'Formula on a line of its own' }).first().click();
  await page.getByLabel('Formula', { exact: true }).fill('x^2 = 9');
  await page.keyboard.press('Enter');
  await page.locator('aside .katex-display').waitFor();
  await page.getByRole('button', { name: 'Picture' }).first().click();
  const shot = await page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 180 } });
  const file = { name: 'plan.png', mimeType: 'image/png', buffer: shot };
  await page.locator('#field-statement input[type=file]').setInputFiles(file);
  await page.getByLabel('What it shows').fill('The head of the page');
  await page.getByRole('button', { name: 'Put in' }).click();
  const picture = page.locator('aside').getByRole('img', { name: 'The head of the page' });
  await picture.waitFor();
  await until('the picture is drawn', () => picture.evaluate((image) => image.naturalWidth > 0));
  await page.getByLabel('Value 1').fill('3');
  await page.getByRole('textbox', { name: 'The solution' }).click();
  await page.keyboard.type('Three times three is nine.');
  await page.getByRole('textbox', { name: /Trial answer/ }).fill('6/2');
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.locator('[data-judged=right]').waitFor();
  await page.getByLabel('What was changed, for the history').fill('The first draft');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await author.picture('task-editor-1280');
  assert.deepEqual(await author.accessibility(), []);
  assert.deepEqual(author.complaints, []);
});

test('a student finds it in its topic; wrong answers count down to the chat', async () => {
  const { page } = student;
  await page.goto(`/learn/${course}/topics/${topic}`);
  await page.getByRole('link', { name: /A root of nine/ }).click();
  await page.locator('.katex-display').waitFor();
  await page.getByText('3 more wrong answers open the chat with a moderator').waitFor();
  await answer(student, 'nine');
  await page.getByText('Write a number').waitFor();
  await answer(student, '1,5');
  await verdict(student, 'wrong').getByText('2 more wrong answers open the chat').waitFor();
  await answer(student, '4');
  await verdict(student, 'wrong').getByText('1 more wrong answer opens the chat').waitFor();
  await answer(student, '5');
  await verdict(student, 'wrong').getByText('The chat with a moderator is open now.').waitFor();
  const rows = page.locator('section', { hasText: 'Attempts' }).getByRole('listitem');
  // The list is asked for anew after the verdict.
  await rows.nth(2).waitFor();
  assert.equal(await rows.count(), 3);
  await student.picture('task-wrong-1280');
  assert.deepEqual(await student.accessibility(), []);
});

test('the student asks, a curator answers in the room of that student, and the question is read', async () => {
  const { page } = student;
  await page.getByPlaceholder('Write your question').fill('Why not five?');
  await page.keyboard.press('Enter');
  await page.getByRole('article').getByText('Why not five?').waitFor();
  const ask = await caller(author);
  const { items } = await ask('GET', `/tasks/${taskId}/rooms`);
  assert.deepEqual(
    items.map(({ student: { name } }) => name),
    ['Malika Yusupova'],
  );
  await curator.page.goto(`/messages/${items[0].room_id}`);
  await curator.page.getByRole('article').getByText('Why not five?').waitFor();
  const field = curator.page.locator('form textarea').last();
  await field.fill('Five times five is twenty-five.');
  await field.press('Enter');
  await page.getByRole('article').getByText('Five times five is twenty-five.').waitFor();
  await page.locator('main').getByText('read', { exact: true }).waitFor();
  await student.picture('task-chat-1280');
});

test('a right answer earns the points and opens the worked solution', async () => {
  const { page } = student;
  await answer(student, '3');
  await verdict(student, 'right').waitFor();
  await page.getByRole('button', { name: 'Show the solution' }).click();
  await page.getByText('Three times three is nine.').waitFor();
  assert.deepEqual(student.complaints, []);
});

test('a curator opens the source of the task and changes it; the history says who', async () => {
  const { page } = curator;
  await page.goto(`/learn/${course}/tasks/${taskId}`);
  await page.getByRole('link', { name: 'Open the source' }).click();
  await page.getByLabel('Title').fill('The positive root of nine');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByText('Versions', { exact: true }).click();
  await page
    .getByRole('button', { name: /Compare with version/ })
    .first()
    .click();
  await page.locator('ins', { hasText: 'The positive root of nine' }).waitFor();
});

test('a file is handed in by the resumable upload, and graded by a person with a word to it', async () => {
  const ask = await caller(author);
  const once = { 'idempotency-key': crypto.randomUUID() };
  const { id } = await ask(
    'POST',
    `/studio/modules/${topic}/tasks`,
    {
      kind: 'file',
      title: 'A plan on paper',
      points: 10,
      statement: paragraph('Hand in your plan.'),
      body: { max_files: 2, max_mb: 1, types: ['txt'] },
      key: { rubric: 'Two steps, five points each' },
    },
    once,
  );
  const { page } = student;
  await page.goto(`/learn/${course}/tasks/${id}`);
  const file = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('First read, then write.\n') };
  await page.locator('input[type=file]').setInputFiles({ ...file, name: 'plan.exe' });
  await page.getByText('plan.exe is not of the kinds that are taken').waitFor();
  await page.locator('input[type=file]').setInputFiles(file);
  // Its size stands there once all of it has arrived.
  await page.getByText('24 byte').waitFor();
  await page.locator('[data-draft=saved]').waitFor();
  await page.getByRole('button', { name: 'Hand in' }).click();
  await verdict(student, 'pending').waitFor();
  await page.getByRole('link', { name: 'plan.txt' }).waitFor();
  const grading = curator.page;
  await grading.goto('/grading');
  await grading.getByText('Malika Yusupova').waitFor();
  await grading.getByText('Two steps, five points each').waitFor();
  await grading.getByLabel(/Points, of 10/).fill('7,5');
  await grading.getByLabel('Comment for the student').fill('The second step is missing.');
  await grading.getByLabel('Comment for the student').press('Control+Enter');
  await grading.getByText('Nothing to grade').waitFor();
  assert.deepEqual(await curator.accessibility(), []);
  await page.reload();
  await page.getByText('The second step is missing.').waitFor();
  await page.getByText('7.5 of 10 points').waitFor();
});

test('a topic before its time is closed to students and says when it opens', async () => {
  const ask = await caller(author);
  const opens = new Date(Date.now() + 2 * 86_400_000).toISOString();
  await ask('PATCH', `/studio/modules/${topic}`, { opens_at: opens });
  await student.page.goto(`/learn/${course}/tasks/${taskId}`);
  await student.page.getByText('This topic is not open yet').waitFor();
  await student.page.getByText('Asia/Tashkent').waitFor();
  await until('the author still enters', async () => {
    await author.page.goto(`/learn/${course}/tasks/${taskId}`);
    await author.page.getByRole('heading', { name: 'The positive root of nine' }).waitFor({ timeout: 5_000 });
    return true;
  });
});
