// People who ask and people who answer, in browsers of their own: frequent questions, the support chat, the curators'
// desk with its claims, a question on a lesson with its accepted answer, the desk and the students of an author,
// announcements, a report and what comes of it.
// MSG-03 MSG-07 MSG-11 MSG-12 MSG-13 MSG-14 MSG-15 MSG-16 TCH-07 WEB-13 WEB-14 MOD-10 MOD-11

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Product, until } from './product.mjs';
import { caller, published } from './school.mjs';

let product;
let student;
let author;
let kira;
let dana;
let course;
let lesson;

/** Somebody with a browser, and a role given by the admin. */
async function person(email, first, last, role) {
  const one = await product.visitor();
  await one.register(email, first, last);
  if (!role) return one;
  const [id] = await product.query(`select id from users where email = '${email}'`);
  const admin = Object.assign(await product.visitor(), { email: 'root@example.com' });
  const ask = await caller(admin);
  await ask('POST', `/admin/users/${id}/roles`, { role, grant: true });
  await admin.context.close();
  // The new role is in the next session.
  await one.context.clearCookies();
  return one.signIn(email);
}

before(async () => {
  product = await Product.start();
  await product.makeAdmin('root@example.com');
  author = await person('noa@example.com', 'Noa', 'Barak');
  ({ course, lesson } = await published(author, 'Indexes from the inside'));
  student = await person('sardor@example.com', 'Sardor', 'Mirzaev');
  const ask = await caller(student);
  await ask('POST', `/courses/${course}/enroll`);
  kira = await person('kira@example.com', 'Kira', 'Em', 'curator');
  dana = await person('dana@example.com', 'Dana', 'Cohen', 'support');
});
after(() => product?.stop());

describe('help', () => {
  test('the staff writes a frequent question, and a student finds it', async () => {
    const { page } = dana;
    await page.goto('/help/edit');
    await page.getByRole('button', { name: 'New question' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Question · English').fill('How do I get my money back?');
    await dialog.getByLabel('Answer · English').fill('Within **14 days**, by one button in your purchases.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByText('How do I get my money back?').waitFor();

    const reader = student.page;
    await reader.goto('/');
    await reader.locator('main').getByRole('link', { name: 'All questions and answers' }).click();
    await reader.getByRole('searchbox', { name: 'Describe your question briefly' }).fill('money');
    await reader.getByText('How do I get my money back?').click();
    await reader.getByText('14 days').waitFor();
    await reader.getByRole('button', { name: 'Yes' }).click();
    await reader.getByText('Thank you, noted.').waitFor();
    assert.deepEqual(await student.accessibility(), []);
    await student.picture('help');
  });

  test('what has no answer there becomes a question at the desk, claimed by one and answered', async () => {
    const desk = kira.page;
    await desk.goto('/desk');
    await desk.getByText('Nobody is waiting').waitFor();

    const { page } = student;
    await page.goto('/help');
    await page.getByRole('link', { name: 'Write to support' }).click();
    await page.getByLabel('What happened?').fill('I do not see the refund button.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('textbox').waitFor();
    await page.locator('[data-msg]').filter({ hasText: 'I do not see the refund button.' }).waitFor();

    // It comes by itself, without a reload.
    const row = desk.locator('[data-question]').filter({ hasText: 'Sardor Mirzaev' });
    await row.waitFor();
    await row.click();
    await row.getByText('yours').waitFor();
    assert.deepEqual(await kira.accessibility(), []);
    await kira.picture('desk');

    const other = dana.page;
    await other.goto('/desk');
    await other.locator('[data-question]').filter({ hasText: 'Kira Em answers' }).click();
    await other.getByText('Kira Em is answering this.').waitFor();

    await desk
      .getByRole('textbox', { name: /message|Answer/i })
      .last()
      .fill('It is under Purchases, at the end of the row.');
    await desk.keyboard.press('Enter');
    await page.locator('[data-msg]').filter({ hasText: 'It is under Purchases' }).waitFor();

    await desk.getByRole('button', { name: 'Solved' }).click();
    await desk.getByText('The question is closed').waitFor();
    await desk.getByText('Nobody is waiting').waitFor();
    await desk.getByText('Closed', { exact: true }).click();
    await desk.locator('[data-question]').filter({ hasText: 'Sardor Mirzaev' }).waitFor();
  });

  test('an answer template is written once and stands behind the slash', async () => {
    const { page } = kira;
    await page.locator('[data-question]').first().click();
    await page.getByRole('button', { name: 'Templates' }).click();
    await page.getByRole('option', { name: 'Edit the templates' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'New template' }).click();
    await dialog.getByLabel('Name').fill('Show the plan');
    await dialog.getByLabel('Text').fill('{name}, please show the whole plan.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Show the plan').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    const field = page.getByPlaceholder('Answer the student');
    const filled = 'Sardor, please show the whole plan.';
    await until('it is in the field', async () => (await field.inputValue()) === filled);
    await field.fill('');
  });
});

describe('a course', () => {
  test('a question on a lesson gets an answer, which the student accepts', async () => {
    const { page } = student;
    await page.goto(`/learn/${course}/${lesson}`);
    await page.locator('#tab-questions').click();
    await page.getByRole('tabpanel').getByRole('button', { name: 'Ask a question' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('In one sentence').fill('Why is a partial index smaller?');
    await dialog.getByLabel('In detail').fill('The table is the same, so what is left out?');
    await dialog.getByRole('button', { name: 'Post' }).click();
    await page.getByRole('heading', { name: 'Why is a partial index smaller?' }).waitFor();

    const teacher = author.page;
    await teacher.goto(`/learn/${course}/${lesson}`);
    await teacher.locator('#tab-questions').click();
    await teacher.getByText('Why is a partial index smaller?').click();
    const thread = teacher.getByRole('region', { name: 'Why is a partial index smaller?' });
    await thread.locator('textarea').fill('Rows outside its condition are left out.');
    await teacher.keyboard.press('Enter');

    const answer = page.locator('[data-msg]').filter({ hasText: 'Rows outside its condition' });
    await answer.getByRole('button', { name: 'Actions for the message' }).click();
    await page.getByRole('menuitem', { name: 'This is the answer' }).click();
    await page.getByText('This question has its answer.').waitFor();
    await page.getByRole('button', { name: 'All questions' }).click();
    const row = page.getByRole('button', { name: /Why is a partial index smaller/ });
    await row.getByText('answered').waitFor();
    await student.picture('lesson-questions');
  });

  test('its author has a desk of their own, without what is not theirs', async () => {
    const ask = await caller(student);
    const said = () => ({ client_id: crypto.randomUUID() });
    await ask('POST', `/lessons/${lesson}/questions`, {
      title: 'When is an index not used?',
      body: 'The plan reads the whole table.',
      ...said(),
    });
    await ask('POST', '/support', { body: 'I cannot change my address.', ...said() });

    const { page } = author;
    await page.goto('/');
    await page.getByRole('button', { name: 'Your account' }).click();
    await page.getByRole('menuitem', { name: 'Students’ questions' }).click();
    await page.waitForURL(/\/desk$/);
    const row = page.locator('[data-question]').filter({ hasText: 'When is an index not used?' });
    await row.waitFor();
    assert.equal(await page.locator('[data-question]').count(), 1, 'nothing of the support’s');
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByLabel('Kind').first().click();
    await page.getByRole('option', { name: 'question on a lesson' }).waitFor();
    assert.equal(await page.getByRole('option', { name: 'support' }).count(), 0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');

    await row.click();
    await row.getByText('yours').waitFor();
    assert.deepEqual(await author.accessibility(), []);
    await author.picture('desk-author');
    await page
      .getByRole('textbox', { name: /message|Answer/i })
      .last()
      .fill('When most of the rows are wanted.');
    await page.keyboard.press('Enter');
    await page.locator('[data-msg]').filter({ hasText: 'When most of the rows are wanted.' }).waitFor();
    // Answered and left open, it is found among one's own.
    await page.goto('/desk?state=mine');
    await row.click();
    await page.getByRole('button', { name: 'Solved' }).click();
    await page.getByText('You have no open questions').waitFor();

    const reader = student.page;
    await reader.goto('/');
    await reader.getByRole('button', { name: 'Your account' }).click();
    await reader.getByRole('menuitem', { name: 'Announcements' }).waitFor();
    await reader.waitForLoadState('networkidle');
    assert.equal(await reader.getByRole('menuitem', { name: 'Students’ questions' }).count(), 0);
  });

  test('a thread of the forum is opened and found', async () => {
    const { page } = student;
    await page.goto(`/learn/${course}/forum`);
    await page.getByRole('button', { name: 'New thread' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('In one sentence').fill('Who wants to practise together?');
    await dialog.getByLabel('In detail').fill('Every Thursday, an hour.');
    await dialog.getByRole('button', { name: 'Post' }).click();
    await page.getByRole('heading', { level: 1, name: 'Who wants to practise together?' }).waitFor();
    await page.goto(`/learn/${course}/forum?q=practise`);
    await page.getByText('Who wants to practise together?').waitFor();
    assert.deepEqual(await student.accessibility(), []);
  });

  test('a student and the author have a room of their own', async () => {
    const { page } = student;
    await page.goto(`/learn/${course}/author`);
    await page.locator('textarea').fill('May I show you my project?');
    await page.keyboard.press('Enter');
    await page.locator('[data-msg]').filter({ hasText: 'May I show you my project?' }).waitFor();
  });

  test('its author looks through the students and writes to one of them', async () => {
    const tim = await person('tim@example.com', 'Timur', 'Azimov');
    const ask = await caller(tim);
    await ask('POST', `/courses/${course}/enroll`);
    const { page } = author;
    await page.goto('/studio');
    await page.getByRole('link', { name: '2 students' }).click();
    await page.getByRole('heading', { level: 1, name: 'Students' }).waitFor();
    const rows = page.locator('[data-student]');
    const timur = rows.filter({ hasText: 'Timur Azimov' });
    await timur.getByText('Not started').waitFor();
    await rows.filter({ hasText: 'Sardor Mirzaev' }).waitFor();
    assert.deepEqual(await author.accessibility(), []);
    await author.picture('students');

    const find = page.getByRole('searchbox', { name: 'Name of a student' });
    await find.fill('nobody is called so');
    await page.getByText('Nobody matches').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await find.fill('timur');
    await until('one is left', async () => (await rows.count()) === 1);
    await timur.getByRole('button', { name: 'Write to Timur Azimov' }).click();
    await page.waitForURL(/\/messages\/[\w-]+/);
    await page.locator('textarea').fill('Shall we begin together?');
    await page.keyboard.press('Enter');
    await page.locator('[data-msg]').filter({ hasText: 'Shall we begin together?' }).waitFor();
    await tim.page.goto(`/learn/${course}/author`);
    await tim.page.locator('[data-msg]').filter({ hasText: 'Shall we begin together?' }).waitFor();

    // There has been a talk with the other one already: the button is a way to it.
    await page.goto(`/studio/courses/${course}/students?q=sardor`);
    await page.getByRole('link', { name: 'Write to Sardor Mirzaev' }).click();
    await page.locator('[data-msg]').filter({ hasText: 'May I show you my project?' }).waitFor();

    await tim.page.goto(`/studio/courses/${course}/students`);
    await tim.page.getByRole('heading', { name: 'This list is not for you' }).waitFor();
    await tim.context.close();

    // Who oversees the course looks at the list, and writes to nobody alone.
    await kira.page.goto(`/studio/courses/${course}/students`);
    await kira.page.locator('[data-student]').first().waitFor();
    assert.equal(await kira.page.getByRole('button', { name: /^Write to/ }).count(), 0);
    assert.equal(await kira.page.getByRole('link', { name: /^Write to/ }).count(), 0);
  });

  test('an announcement is seen where one learns, until it is read', async () => {
    const teacher = author.page;
    await teacher.goto('/announcements');
    await teacher.getByRole('button', { name: 'Write an announcement' }).click();
    const dialog = teacher.getByRole('dialog');
    await dialog.getByLabel('Text').fill('A webinar on plans, Thursday at 19:00.');
    await dialog.getByRole('button', { name: 'Announce' }).click();
    await teacher.getByText('A webinar on plans, Thursday at 19:00.').first().waitFor();

    const { page } = student;
    await page.goto('/my/learning');
    await page.getByRole('link', { name: /1 new announcement/ }).click();
    const marked = page.waitForResponse((answer) => answer.url().endsWith('/marks') && answer.ok());
    await page.getByText('new', { exact: true }).waitFor();
    await marked;
    await page.getByRole('link', { name: 'My learning' }).first().click();
    await page.getByRole('heading', { name: 'My learning' }).waitFor();
    await page.getByRole('link', { name: /new announcement/ }).waitFor({ state: 'hidden' });
  });
});

describe('moderation', () => {
  test('a reported message is looked at and deleted, and the log knows why', async () => {
    const ask = await caller(author);
    const { room_id } = await ask('GET', `/lessons/${lesson}/room`);
    await ask('POST', `/rooms/${room_id}/messages`, {
      body: 'Answers to all tasks for sale',
      client_id: crypto.randomUUID(),
    });
    const { page } = student;
    await page.goto(`/learn/${course}/${lesson}`);
    const message = page.locator('[data-msg]').filter({ hasText: 'for sale' });
    await message.getByRole('button', { name: 'Actions for the message' }).click();
    await page.getByRole('menuitem', { name: /report/i }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'A ready solution, cheating' }).check();
    await dialog.getByRole('button', { name: 'Send to a moderator' }).click();
    await dialog.waitFor({ state: 'hidden' });

    const judge = kira.page;
    await judge.goto('/moderation');
    const one = judge.getByRole('article', { name: 'Message of Noa Barak' });
    await one.getByText('Answers to all tasks for sale').first().waitFor();
    assert.deepEqual(await kira.accessibility(), []);
    await kira.picture('moderation');
    await one.getByRole('button', { name: 'Delete the message' }).click();
    await one.getByLabel('Reason').fill('Selling answers');
    await one.getByRole('button', { name: 'Delete the message' }).last().click();
    await judge.getByText('No open cases').waitFor();
    await page.getByText('Answers to all tasks for sale').waitFor({ state: 'detached' });

    const chief = await product.visitor();
    await chief.signIn('root@example.com');
    await chief.page.goto('/admin/audit');
    await chief.page.getByText('Selling answers').first().waitFor();
    assert.deepEqual(await chief.accessibility(), []);
    await chief.context.close();
  });
});

test('who does not work here is told so', async () => {
  const { page } = student;
  for (const path of ['/desk', '/moderation', '/help/edit', '/admin/audit']) {
    await page.goto(path);
    await page.getByRole('heading', { name: 'This page is not for your role' }).waitFor();
  }
});

test('nothing was against the policy of the pages', () => {
  for (const one of [student, author, kira, dana]) assert.deepEqual(one.complaints, []);
});
