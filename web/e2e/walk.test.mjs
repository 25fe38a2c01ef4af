// The walk from a wrong answer to an answered question, in browsers of their own: a student answers wrong three times, the
// chat opens under the task, the question comes to the desk, a curator claims it, sees the attempts, the statement and the
// solution, answers, the student sees it and the curator sees that it was read. Then what the desk does beside: a claim
// that lapses, a question that is passed on, a note, a closed question that opens again.
// LRN-16 LRN-18 MSG-03 MSG-08 MSG-14

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, paragraph, published, steps } from './school.mjs';

let product;
let student;
let kira;
let dana;
let course;
let topic;
let task;

const test = steps('walk', () => ({ student, kira, dana }));

/** A curator: the role is given by the admin, and is in the next session. */
async function curator(admin, email, first, last) {
  const visitor = await product.visitor();
  await visitor.register(email, first, last);
  const [id] = await product.query(`select id from users where email = '${email}'`);
  await admin('POST', `/admin/users/${id}/roles`, { role: 'curator', grant: true });
  await visitor.context.clearCookies();
  return visitor.signIn(email);
}

before(async () => {
  product = await Product.start();
  await product.makeAdmin('root@example.com');
  const admin = await caller(Object.assign(await product.visitor(), { email: 'root@example.com' }));
  const author = await product.visitor();
  await author.register('noa@example.com', 'Noa', 'Barak');
  ({ course } = await published(author, 'Indexes from the inside'));
  const ask = await caller(author);
  [topic] = (await ask('GET', `/studio/courses/${course}`)).modules.map(({ id }) => id);
  ({ id: task } = await ask(
    'POST',
    `/studio/modules/${topic}/tasks`,
    {
      kind: 'number',
      title: 'Rows that are read',
      points: 5,
      statement: paragraph('How many rows does the plan read?'),
      body: {},
      key: { values: ['36'] },
      solution: paragraph('Six pages of six rows are thirty-six.'),
    },
    { 'idempotency-key': crypto.randomUUID() },
  ));
  student = await product.visitor();
  await student.register('sardor@example.com', 'Sardor', 'Mirzaev');
  await (await caller(student))('POST', `/courses/${course}/enroll`);
  kira = await curator(admin, 'kira@example.com', 'Kira', 'Em');
  dana = await curator(admin, 'dana@example.com', 'Dana', 'Cohen');
});
after(() => product?.stop());

const message = (visitor, text) => visitor.page.locator('[data-msg]').filter({ hasText: text });
const question = (visitor) => visitor.page.locator('[data-question]').filter({ hasText: 'Sardor Mirzaev' });
const panel = (visitor) => visitor.page.getByRole('complementary', { name: 'About the question' });
async function answer(text) {
  const { page } = student;
  await page.getByRole('textbox', { name: /Your answer/ }).fill(text);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
}
async function say(visitor, placeholder, text) {
  const field = visitor.page.getByPlaceholder(placeholder);
  await field.fill(text);
  await field.press('Enter');
  await message(visitor, text).waitFor();
}

test('nobody waits at the desk, and the chat under the task is closed', async () => {
  for (const visitor of [kira, dana]) {
    await visitor.page.goto('/desk');
    await visitor.page.getByText('Nobody is waiting').waitFor();
  }
  await student.page.goto(`/learn/${course}/tasks/${task}`);
  await student.page.getByText('3 more wrong answers open the chat with a moderator').waitFor();
});

test('three wrong answers open the chat, and the student asks in it', async () => {
  const wrong = student.page.locator('[data-verdict=wrong]');
  await answer('6');
  await wrong.getByText('2 more wrong answers open the chat').waitFor();
  await answer('12');
  await wrong.getByText('1 more wrong answer opens the chat').waitFor();
  await answer('18');
  await wrong.getByText('The chat with a moderator is open now.').waitFor();
  await say(student, 'Write your question', 'Why is it not eighteen?');
});

test('the question comes to the desk by itself, and one curator claims it', async () => {
  await question(kira).getByText('3 attempts').waitFor();
  await question(kira).click();
  await question(kira).getByText('yours').waitFor();
  await question(dana).getByText('Kira Em answers').waitFor();
  await question(dana).click();
  await dana.page.getByText('Kira Em is answering this.').waitFor();
  // What another has in hand can be neither closed nor passed on.
  await dana.page.getByRole('button', { name: 'Solved' }).waitFor({ state: 'hidden' });
  await dana.page.getByRole('button', { name: 'Pass on' }).waitFor({ state: 'hidden' });
});

test('beside it the curator sees the task, its solution and the three attempts', async () => {
  const beside = panel(kira);
  await beside.getByRole('heading', { name: 'Rows that are read' }).waitFor();
  await beside.getByText('How many rows does the plan read?').waitFor();
  await beside.getByText('Solution', { exact: true }).click();
  await beside.getByText('Six pages of six rows are thirty-six.').waitFor();
  const attempts = beside.getByRole('list').first().getByRole('listitem');
  await until('three attempts, the last one first', async () => {
    const shown = await attempts.allInnerTexts();
    return shown.length === 3 && ['18', '12', '6'].every((value, index) => shown[index].includes(value));
  });
  await attempts.filter({ hasText: 'Wrong' }).nth(2).waitFor();
  await beside.getByText(/0\s?%, 0 of 2/).waitFor();
  await kira.picture('walk-desk-1280');
  assert.deepEqual(await kira.accessibility(), []);
});

test('the curator answers, the student sees it, and the curator sees that it was read', async () => {
  await say(kira, 'Answer the student', 'Count the rows of all pages.');
  await message(student, 'Count the rows of all pages.').waitFor();
  await message(kira, 'Count the rows of all pages.').getByText('read', { exact: true }).waitFor();
  await student.page.getByText('Why is it not eighteen?').first().waitFor();
  await message(student, 'Why is it not eighteen?').getByText('read', { exact: true }).waitFor();
  await student.picture('walk-task-1280');
  // Nobody waits any more; it stays among the curator's own.
  await kira.page.getByText('Mine · 1').click();
  await question(kira).waitFor();
  await kira.page.getByText('Waiting', { exact: false }).first().waitFor();
});

test('a note for the other curators is kept', async () => {
  await question(kira).click();
  const beside = panel(kira);
  await beside.getByRole('button', { name: 'Write a note' }).click();
  await beside.getByRole('textbox', { name: 'Note for curators' }).fill('Counts one page only.');
  await beside.getByRole('button', { name: 'Save' }).click();
  await beside.getByText('Counts one page only.').waitFor();
  await beside.getByText('Kira Em').waitFor();
});

test('a question is passed on to a colleague, who finds it among their own', async () => {
  await kira.page.getByRole('button', { name: 'Pass on' }).click();
  const dialog = kira.page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Colleague' }).click();
  await kira.page.getByRole('option', { name: /Dana Cohen/ }).click();
  await dialog.getByRole('button', { name: 'Pass on' }).click();
  await kira.page.getByText('Passed on to Dana Cohen').waitFor();
  await dana.page.goto('/desk?state=mine');
  await question(dana).click();
  await panel(dana).getByText('Counts one page only.').waitFor();
  await say(dana, 'Answer the student', 'I take over from Kira.');
  await message(student, 'I take over from Kira.').waitFor();
});

test('a claim whose page is gone lapses, and the question is free again', async () => {
  await say(student, 'Write your question', 'So all of them?');
  await dana.page.goto('/help');
  await kira.page.goto('/desk');
  await question(kira).waitFor();
  // Leaving gives it back at once; a page that died does not, so its time is moved to the past.
  await product.query(
    `update desk_questions set claimed_by = (select id from users where email = 'dana@example.com'),
     claimed_at = now() - interval '3 minutes', claimed_until = now() - interval '1 second'`,
  );
  await question(kira).click();
  await question(kira).getByText('yours').waitFor();
});

test('a right answer and a closed question end it; a new word opens it again', async () => {
  await say(kira, 'Answer the student', 'Yes, all six.');
  await message(student, 'Yes, all six.').waitFor();
  await answer('36');
  await student.page.locator('[data-verdict=right]').waitFor();
  await kira.page.getByRole('button', { name: 'Solved' }).click();
  await kira.page.getByText('The question is closed').waitFor();
  await kira.page.getByText('Nobody is waiting').waitFor();
  await kira.page.getByText('Closed', { exact: true }).click();
  await question(kira).click();
  await kira.page.getByText('Closed:').waitFor();
  await panel(kira).getByText('Right', { exact: false }).first().waitFor();
  await say(student, 'Write your question', 'Thank you!');
  await kira.page.getByText('Waiting · 1').click();
  await question(kira).waitFor();
});

test('nothing was against the policy of the pages', () => {
  for (const visitor of [student, kira, dana]) assert.deepEqual(visitor.complaints, []);
});
