// Tasks that open a chat: an author writes a task and tries it, a student answers wrong three times and may ask, a curator
// answers, and the student's words are read.
// COH-13 CRS-38 CRS-39 LRN-10 LRN-12 LRN-14 LRN-15 LRN-16 LRN-17 LRN-18 MSG-08 MSG-09 TCH-10 TCH-11

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, paragraph, published, steps } from './school.mjs';

let product;
let author;
let student;
let curator;
let course;
let topic;
let taskId;

const test = steps('tasks', () => ({ author, student, curator }));

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
  await until('three attempts', async () => (await rows.count()) === 3);
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

/** An author adds a task of a kind to the topic in the studio: its address there. */
async function addTask(kind, title) {
  const { page } = author;
  await page.goto(`/studio/courses/${course}?module=${topic}`);
  await page.getByRole('button', { name: 'Add a task' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').fill(title);
  await dialog.getByRole('radio', { name: kind }).check();
  await dialog.getByRole('button', { name: 'Add a task' }).click();
  await page.waitForURL(/studio\/tasks\/[\w-]+$/);
  await page.getByRole('textbox', { name: 'What is asked' }).click();
  await page.keyboard.type(`${title}: what is right?`);
  return new URL(page.url()).pathname.split('/').at(-1);
}
async function fillRows(names, words, more) {
  const { page } = author;
  for (const [index, text] of words.entries()) {
    const field = page.getByRole('textbox', { name: names(index), exact: true });
    if (index >= 2) await page.getByRole('button', { name: more }).click();
    await field.fill(text);
  }
}
async function trySave(picture) {
  const { page } = author;
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await author.picture(picture);
  assert.deepEqual(await author.accessibility(), []);
}
const check = (page) => page.getByRole('button', { name: 'Check', exact: true });
const counted = (visitor, number) =>
  visitor.page.locator('section', { hasText: 'Attempts' }).getByText(`No. ${number}`).first().waitFor();

/** The items of an order as they stand now. */
const placed = (page) =>
  page.locator('[data-item] .grow').evaluateAll((items) => items.map((item) => item.textContent.trim()));
const inPlace = (page, wanted) =>
  until('they stand so', async () => (await placed(page)).join() === wanted.join());

test('an order is made in the studio and put right by buttons, by keyboard and by dragging', async () => {
  const steps = ['Read', 'Plan', 'Write', 'Test'];
  const id = await addTask(/^Put in order/, 'Steps of work');
  await fillRows((index) => `Item ${index + 1}`, steps, 'Add an item');
  await trySave('task-order-studio-1280');
  const { page } = student;
  await page.goto(`/learn/${course}/tasks/${id}`);
  await page.getByRole('button', { name: 'Move up: Read' }).waitFor();
  assert.deepEqual([...(await placed(page))].sort(), [...steps].sort());
  await check(page).click();
  await page.getByText('Move something first').waitFor();
  // Backwards, by the buttons: each is pressed until its item is on top.
  for (const name of steps) {
    const up = page.getByRole('button', { name: `Move up: ${name}` });
    for (let at = (await placed(page)).indexOf(name); at > 0; at--) {
      await up.click();
      await until('it is higher', async () => (await placed(page)).indexOf(name) === at - 1);
    }
  }
  await inPlace(page, steps.toReversed());
  await check(page).click();
  await verdict(student, 'wrong').waitFor();
  await counted(student, 1);
  // Forwards, by keyboard, in one breath; the last but one is taken and put back.
  for (const name of steps.toReversed()) {
    await page.getByRole('button', { name: new RegExp(`^${name}, place`) }).focus();
    await page.keyboard.press('Space');
    for (let at = (await placed(page)).indexOf(name); at > 0; at--) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
  }
  await page.getByRole('button', { name: /^Write, place/ }).focus();
  for (const key of ['Space', 'ArrowDown', 'Escape']) await page.keyboard.press(key);
  await inPlace(page, steps);
  // The first is dragged to the end and back by its grip.
  const drag = async (name, to) => {
    const from = await page.getByRole('button', { name: new RegExp(`^${name}, place`) }).boundingBox();
    const row = await page.locator('[data-item]').nth(to).boundingBox();
    await page.mouse.move(from.x + 8, from.y + 12);
    await page.mouse.down();
    await page.mouse.move(from.x + 8, row.y + row.height / 2, { steps: 12 });
    await page.mouse.up();
    await until('it is there', async () => (await placed(page)).indexOf(name) === to);
  };
  await drag('Read', 3);
  await drag('Read', 0);
  await inPlace(page, steps);
  await check(page).click();
  await verdict(student, 'right').waitFor();
  await counted(student, 2);
  await student.picture('task-order-1280');
  assert.deepEqual(await student.accessibility(), []);
});

test('pairs are made in the studio and found on a phone', async () => {
  const id = await addTask(/^Match/, 'Capitals');
  await fillRows((index) => `Item ${'ABC'[index]}`, ['Tashkent', 'Astana', 'Bishkek'], 'Add to choose from');
  await author.page.getByRole('button', { name: 'Add a line' }).click();
  await author.page.getByRole('textbox', { name: 'Line 1', exact: true }).fill('Uzbekistan');
  await author.page.getByRole('textbox', { name: 'Line 2', exact: true }).fill('Kazakhstan');
  await author.page.getByLabel('Pair of line 1').selectOption({ label: 'A. Tashkent' });
  await author.page.getByLabel('Pair of line 2').selectOption({ label: 'B. Astana' });
  await trySave('task-match-studio-1280');
  const phone = await product.visitor({ width: 390, height: 844, touch: true });
  await phone.signIn('malika@example.com');
  const { page } = phone;
  await page.goto(`/learn/${course}/tasks/${id}`);
  const pair = (line) => page.getByRole('combobox', { name: line });
  const pick = async (line, word) => {
    const label = await pair(line)
      .locator('option', { hasText: word })
      .evaluate((option) => option.textContent);
    await pair(line).selectOption({ label });
  };
  await pick('Uzbekistan', 'Bishkek');
  await check(page).tap();
  await page.getByText('Find a pair for every line.').waitFor();
  await pick('Kazakhstan', 'Astana');
  await check(page).tap();
  await phone.page.locator('[data-verdict=wrong], [data-verdict=partial]').waitFor();
  await counted(phone, 1);
  assert.equal(await phone.sideways(), 0);
  await phone.picture('task-match-390');
  assert.deepEqual(await phone.accessibility(), []);
  // What is used once goes from the one line to the other.
  await pick('Uzbekistan', 'Astana');
  await until('it was taken from the other', async () => (await pair('Kazakhstan').inputValue()) === '');
  await pick('Uzbekistan', 'Tashkent');
  await pick('Kazakhstan', 'Astana');
  await check(page).tap();
  await verdict(phone, 'right').waitFor();
  assert.deepEqual(phone.complaints, []);
  await phone.context.close();
});

test('several of many are marked in the studio and chosen by keyboard', async () => {
  const id = await addTask(/^Several of many/, 'Even numbers');
  const { page: studio } = author;
  await fillRows((index) => `Option ${index + 1}`, ['12', '7', '30'], 'Add an option');
  await studio.getByRole('checkbox', { name: 'Option 3 is right' }).check();
  await studio.getByLabel('How many to choose').fill('2');
  await trySave('task-choices-studio-1280');
  const { page } = student;
  await page.goto(`/learn/${course}/tasks/${id}`);
  const box = (name) => page.getByRole('checkbox', { name, exact: true });
  const press = async (name, on) => {
    await box(name).focus();
    await page.keyboard.press('Space');
    await until('it is marked', async () => (await box(name).isChecked()) === on);
  };
  await press('12', true);
  await page.keyboard.press('Enter');
  await page.getByText('Choose exactly 2.').waitFor();
  await press('7', true);
  await check(page).click();
  await verdict(student, 'wrong').waitFor();
  await counted(student, 1);
  await press('7', false);
  await press('30', true);
  await check(page).click();
  await verdict(student, 'right').waitFor();
  await counted(student, 2);
  await page.reload();
  await box('30').waitFor();
  assert.deepEqual(await Promise.all(['12', '7', '30'].map((name) => box(name).isChecked())), [
    true,
    false,
    true,
  ]);
  assert.deepEqual(student.complaints, []);
});

test('a short text, one of many and an essay are made in the studio and answered by keys and on a phone', async () => {
  const { page: studio } = author;
  const text = await addTask(/^Short text/, 'The usual index');
  await studio.getByRole('textbox', { name: 'Answer 1', exact: true }).fill('B-tree');
  await trySave('task-text-studio-1280');
  const one = await addTask(/^One of many/, 'The cheapest plan');
  await fillRows((index) => `Option ${index + 1}`, ['A scan', 'An index', 'Both'], 'Add an option');
  await studio.getByRole('radio', { name: 'Option 2 is right' }).check();
  await trySave('task-choice-studio-1280');
  const essay = await addTask(/^Essay/, 'Your words');
  await studio.getByLabel('At most so many characters').fill('20');
  await trySave('task-essay-studio-1280');

  const { page } = student;
  await page.goto(`/learn/${course}/tasks/${text}`);
  const field = page.getByRole('textbox', { name: /Your answer/ });
  await field.fill('  b-TREE ');
  await field.press('Enter');
  await verdict(student, 'right').waitFor();
  await page.goto(`/learn/${course}/tasks/${one}`);
  const radio = (name) => page.getByRole('radio', { name, exact: true });
  await radio('A scan').focus();
  await page.keyboard.press('Space');
  await check(page).click();
  await verdict(student, 'wrong').waitFor();
  await radio('An index').check();
  await page.keyboard.press('Enter');
  await verdict(student, 'right').waitFor();
  assert.deepEqual(await student.accessibility(), []);

  const phone = await product.visitor({ width: 390, height: 844, touch: true });
  await phone.signIn('malika@example.com');
  await phone.page.goto(`/learn/${course}/tasks/${essay}`);
  const words = phone.page.getByRole('textbox', { name: /Your answer/ });
  await words.fill('An index is like a table of contents.');
  await phone.page.getByText('17 characters too many').waitFor();
  const handIn = phone.page.getByRole('button', { name: 'Hand in' });
  await handIn.tap();
  await phone.page.getByText('The text is too long. Shorten it.').waitFor();
  await words.fill('A table of contents');
  await phone.page.getByText('19 of 20 characters').waitFor();
  await handIn.tap();
  await verdict(phone, 'pending').waitFor();
  assert.equal(await phone.sideways(), 0);
  await phone.picture('task-essay-390');
  assert.deepEqual(await phone.accessibility(), []);
  assert.deepEqual(phone.complaints, []);
  await phone.context.close();
});

test('a new task waits for what it asks; a slip in its key is mended, and the student sees that an answer was judged anew', async () => {
  const { page: studio } = author;
  await studio.goto(`/studio/courses/${course}?module=${topic}`);
  await studio.getByRole('button', { name: 'Add a task' }).click();
  const dialog = studio.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Legs of a spider');
  await dialog.getByRole('button', { name: 'Add a task' }).click();
  await studio.waitForURL(/studio\/tasks\/[\w-]+$/);
  const id = new URL(studio.url()).pathname.split('/').at(-1);
  const waits = studio.getByText('Students do not see this task yet.');
  await waits.waitFor();
  const { page } = student;
  await page.goto(`/learn/${course}/topics/${topic}`);
  await page.getByRole('link', { name: /The positive root of nine/ }).waitFor();
  assert.equal(await page.getByText('Legs of a spider').count(), 0);
  await studio.getByRole('textbox', { name: 'What is asked' }).click();
  await studio.keyboard.type('How many legs has a spider?');
  await studio.getByLabel('Value 1').fill('6');
  await studio.getByRole('button', { name: 'Save' }).click();
  await studio.getByText('Saved', { exact: true }).waitFor();
  await waits.waitFor({ state: 'detached' });
  await page.goto(`/learn/${course}/tasks/${id}`);
  await answer(student, '8');
  await verdict(student, 'wrong').waitFor();
  await studio.getByLabel('Value 1').fill('8');
  await studio.getByRole('button', { name: 'Save' }).click();
  await studio.getByText('Saved', { exact: true }).waitFor();
  await studio.getByText('Versions', { exact: true }).click();
  await studio.getByRole('button', { name: 'Look at earlier answers' }).click();
  await studio.getByText('Answers judged better: 1.').waitFor();
  await studio.getByRole('button', { name: 'Judge anew' }).click();
  await studio.getByText('The answers are being judged anew.').waitFor();
  await until('the student sees it', async () => {
    await page.goto(`/learn/${course}/tasks/${id}`);
    await page.getByText(/Judged anew on .+ Before: Wrong, 0 points\./).waitFor({ timeout: 1_000 });
    return true;
  });
  await student.picture('task-regraded-1280');
  assert.deepEqual(await student.accessibility(), []);
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
