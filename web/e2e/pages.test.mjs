// Every main page in three looks: wide, on a phone, and right to left. Nothing for axe to find (WCAG 2.2 AA), no
// sideways scrolling, nothing against the content security policy, the logo and the footer; what stands on a card and on
// a course page; the chats, tasks, desks and boards of those who learn and those who answer; the search and the categories of the home page; a new password by mail; enrollment by keyboard alone.
// WEB-01 WEB-02 WEB-03 WEB-04 WEB-05 WEB-08 WEB-09 WEB-16 WEB-17 WEB-18 CRS-37 MSG-11 TCH-06 LOC-01 LOC-02 ENR-01 LRN-01

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Product, until } from './product.mjs';
import { caller, paragraph, published } from './school.mjs';

let product;
let course;
let lesson;
let author;
const student = 'malika@example.com';
const admin = 'root@example.com';
/** What stands in the school besides its course: ids of rooms and tasks. */
let school;
/** Where the footer leads, as the server says. */
let repository;
/** What stands in place of a price, as people of each language read it. */
const free = Object.fromEntries(['ru', 'uz', 'he', 'en'].map((locale) => [locale, freeIn(locale)]));

function freeIn(locale) {
  const file = new URL(`../src/i18n/locales/${locale}/courses.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).course.free;
}

/** Each of these words can be seen there. */
async function holds(place, words) {
  for (const word of words) {
    await place.getByText(word).filter({ visible: true }).first().waitFor();
  }
}

before(async () => {
  product = await Product.start();
  repository = (await product.call('/config')).repository_url;
  const visitor = await product.visitor();
  await visitor.register('noa@example.com', 'Noa', 'Barak');
  author = visitor.email;
  ({ course, lesson } = await published(visitor, 'Indexes from the inside'));
  school = await liven(visitor);
  await visitor.context.close();
});
after(() => product?.stop());

/** Tasks with answers, a question under one of them, a thread, an announcement and a report, so that no board is empty. */
async function liven(teacher) {
  const teach = await caller(teacher);
  const once = () => ({ 'idempotency-key': crypto.randomUUID() });
  const [{ id: topic }] = (await teach('GET', `/studio/courses/${course}`)).modules;
  const words = (text) => ({ id: crypto.randomUUID(), text: paragraph(text) });
  const options = ['A table of contents', 'A second table', 'A lock'].map(words);
  const choice = {
    kind: 'choice',
    title: 'What an index is like',
    points: 2,
    statement: paragraph('What is an index most like?'),
    body: { options },
    key: { right: [options[0].id], method: 'exact' },
    solution: paragraph('It leads to the page without reading all of them.'),
  };
  const essay = {
    kind: 'free',
    title: 'Where an index does harm',
    points: 5,
    statement: paragraph('Tell it in your own words.'),
    body: { max_chars: 500 },
    key: { rubric: 'Names writes' },
  };
  const add = async (task) => (await teach('POST', `/studio/modules/${topic}/tasks`, task, once())).id;
  const [task, free] = [await add(choice), await add(essay)];
  await teach('POST', '/announcements', {
    course_id: course,
    body: 'On Friday there is a talk about plans.',
    client_id: crypto.randomUUID(),
  });
  const learner = await product.visitor();
  await learner.register(student, 'Malika', 'Yusupova');
  await learner.context.close();
  const learn = await caller(learner);
  await learn('POST', `/courses/${course}/enroll`, undefined, once());
  const hand = async (id, answer) => {
    const { version } = await learn('GET', `/learn/tasks/${id}`);
    const client_key = crypto.randomUUID();
    await learn('POST', `/learn/tasks/${id}/attempts`, { client_key, version, answer, spent_ms: 1000 });
  };
  for (const wrong of [options[1], options[2], options[1]]) await hand(task, wrong.id);
  await hand(free, 'Every write has to keep it in order.');
  const { room_id: room } = await until('the chat is open', async () => {
    const answer = await learn('GET', `/tasks/${task}/room`);
    return answer.room_id && answer;
  });
  const say = (ask, id, body) =>
    ask('POST', `/rooms/${id}/messages`, { client_id: crypto.randomUUID(), body });
  await say(learn, room, 'Why is it not a second table? `select 1`');
  const { room_id: thread } = await learn('POST', `/courses/${course}/forum`, {
    title: 'Who reads plans by hand?',
    body: 'I would like to do it together.',
    client_id: crypto.randomUUID(),
  });
  const { room_id: chat } = await learn('GET', `/lessons/${lesson}/room`);
  const { msg } = await say(teach, chat, 'Welcome to the course.');
  await learn('POST', `/rooms/${chat}/messages/${msg}/reports`, { kind: 'other', text: 'Only to try it' });
  await product.makeAdmin(admin);
  return { topic, task, room, thread };
}

const looks = [
  { name: '1280', locale: 'ru', width: 1280, height: 800 },
  { name: '390', locale: 'uz', width: 390, height: 844, touch: true },
  { name: 'he-1280', locale: 'he', width: 1280, height: 800 },
  { name: 'he-390', locale: 'he', width: 390, height: 844, touch: true },
];

/** E2E_LOOK: one of them only. */
const wanted = looks.filter(({ name }) => [undefined, '', name].includes(process.env.E2E_LOOK));

for (const look of wanted) {
  describe(`the pages, ${look.name}`, () => {
    let visitor;
    before(async () => {
      visitor = await product.visitor(look);
    });
    after(() => visitor?.context.close());

    const check = async (name, path, ready) => {
      const { page } = visitor;
      await page.goto(path);
      await page.locator('h1, [role=dialog]').first().waitFor();
      await page.locator('footer').waitFor();
      if (ready) await page.locator(ready).first().waitFor();
      await page.waitForLoadState('networkidle');
      assert.equal(await page.evaluate(() => document.documentElement.lang), look.locale);
      assert.equal(
        await page.evaluate(() => document.documentElement.dir),
        look.locale === 'he' ? 'rtl' : 'ltr',
      );
      assert.equal(await page.getByText('Работает на Open Source').count(), 1, 'the footer');
      assert.equal(
        await page.locator('footer a[target=_blank]').getAttribute('href'),
        repository,
        'the footer leads to the source',
      );
      assert.ok(await page.getByRole('img', { name: 'IlmSpace' }).first().isVisible(), 'the logo');
      assert.equal(
        await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
        'rgb(255, 255, 255)',
        'the ground is white',
      );
      assert.equal(await visitor.sideways(), 0, 'it does not scroll sideways');
      assert.deepEqual(await visitor.accessibility(), []);
      await visitor.picture(`${name}-${look.name}`);
    };

    test('home', () => check('home', '/'));
    test('catalogue', async () => {
      await check('catalogue', '/catalogue', 'article');
      const card = visitor.page.locator('article').first();
      await holds(card, ['Indexes from the inside', 'Noa Barak', free[look.locale]]);
    });
    test('course', async () => {
      await check('course', `/courses/${course}`);
      const words = ['Choose an index', 'Noa Barak', 'First step', 'A little SQL', free[look.locale]];
      await holds(visitor.page.locator('main'), words);
    });
    test('sign-in', () => check('sign-in', '/sign-in'));
    test('registration', () => check('register', '/register'));
    test('no such page', () => check('missing', '/nowhere'));
    test('a lesson that is closed to strangers', () => check('lesson-closed', `/learn/${course}/${lesson}`));
    test('signed in: my learning', async () => {
      await visitor.signIn(author);
      await check('my-learning', '/my/learning');
    });
    test('profile', () => check('profile', '/profile'));
    test('lesson with its chat', () => check('lesson', `/learn/${course}/${lesson}`));
    test('studio', () => check('studio', '/studio'));
    test('builder: programme', () =>
      check('builder', `/studio/courses/${course}?lesson=${lesson}`, '.ProseMirror'));
    test('builder: description', () =>
      check('description', `/studio/courses/${course}?tab=description`, '.ProseMirror'));
    test('builder: price', () => check('price', `/studio/courses/${course}?tab=price`));
    test('the students of a course', () =>
      check('students', `/studio/courses/${course}/students`, '[data-student]'));
    test('nothing was against the policy of the page', () => assert.deepEqual(visitor.complaints, []));

    describe('as a student', () => {
      before(async () => {
        await visitor.context.close();
        visitor = await product.visitor(look);
        await visitor.signIn(student);
      });
      test('messages', () => check('messages', '/messages', 'main nav a'));
      test('one chat', () => check('messages-room', `/messages/${school.room}`, 'article'));
      test('topic', () => check('topic', `/learn/${course}/topics/${school.topic}`, 'main ul a, main ol a'));
      test('task with its chat', () =>
        check('task', `/learn/${course}/tasks/${school.task}`, 'aside article'));
      test('the forum', () => check('forum', `/learn/${course}/forum`, 'main li a'));
      test('a thread', () => check('thread', `/learn/${course}/forum/${school.thread}`, 'article'));
      test('the author', () => check('author', `/learn/${course}/author`, '[role=log]'));
      test('announcements', () => check('announcements', '/announcements', 'main li, main article'));
      test('help', () => check('help', '/help'));
      test('support', () => check('support', '/help/chat'));
      test('the school’s chat', () => check('general', '/chat/general', '[role=log]'));
      test('tracks', () => check('tracks', '/catalogue?track=60'));
      test('nothing was against the policy of the page', () => assert.deepEqual(visitor.complaints, []));
    });

    describe('as one who answers', () => {
      before(async () => {
        await visitor.context.close();
        visitor = await product.visitor(look);
        await visitor.signIn(admin);
      });
      test('the desk', () => check('desk', '/desk', 'main li a, main li button'));
      test('a question on the desk', () => check('desk-room', `/desk?room=${school.room}`, 'article'));
      test('grading', () => check('grading', '/grading', 'main form'));
      test('moderation', () => check('moderation', '/moderation', 'article, main li'));
      test('frequent questions', () => check('help-edit', '/help/edit'));
      test('the staff’s chat', () => check('staff', '/chat/staff', '[role=log]'));
      test('the audit log', () => check('audit', '/admin/audit'));
      test('the source of a task', () =>
        check('task-source', `/studio/tasks/${school.task}`, '.ProseMirror'));
      test('nothing was against the policy of the page', () => assert.deepEqual(visitor.complaints, []));
    });
  });
}

/** As it goes over the wire; fetch would unpack it. */
const raw = (path, accepts) =>
  new Promise((resolve, reject) => {
    get(`${product.base}${path}`, { headers: { 'accept-encoding': accepts } }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      resolve({ headers: answer.headers, coding: answer.headers['content-encoding'], body });
    }).on('error', reject);
  });

test('the web app is sent packed, and whole to whoever does not unpack', async () => {
  const page = await raw('/', 'gzip, br');
  assert.equal(page.coding, 'gzip');
  const html = gunzipSync(page.body).toString();
  const script = html.match(/src="(\/assets\/[^"]+\.js)"/)?.[1];
  assert.ok(script, 'the page names its script');

  const whole = await raw(script, 'identity');
  assert.equal(whole.coding, undefined);
  const gzip = await raw(script, 'gzip');
  assert.equal(gzip.coding, 'gzip');
  const brotli = await raw(script, 'gzip, deflate, br, zstd');
  assert.equal(brotli.coding, 'br');
  assert.ok(brotli.body.length < gzip.body.length && gzip.body.length * 2 < whole.body.length);
  assert.ok(gunzipSync(gzip.body).equals(whole.body));
  assert.ok(brotliDecompressSync(brotli.body).equals(whole.body));
  const answers = [whole, gzip, brotli];
  for (const { headers } of answers) {
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.match(headers['content-type'], /javascript/);
  }
  assert.equal(new Set(answers.map(({ headers }) => headers.etag)).size, 3, 'each form has its own tag');
});

test('a student joins and finishes a lesson by keyboard alone', async () => {
  const student = await product.visitor();
  await student.register('oybek@example.com', 'Oybek', 'Rahimov');
  const { page } = student;
  await page.goto(`/courses/${course}`);
  await page.locator('h1').waitFor();
  /** Tab, as often as it takes to come to what bears this name. */
  const tabTo = async (name) => {
    for (let press = 0; press < 80; press++) {
      await page.keyboard.press('Tab');
      const here = await page.evaluate(() => {
        const at = document.activeElement;
        return at?.matches('button,a,input')
          ? (at.getAttribute('aria-label') ?? at.textContent ?? '').trim()
          : '';
      });
      if (name.test(here)) {
        const ring = await page.evaluate(() => {
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
        });
        assert.ok(ring, `the focus on “${here}” can be seen`);
        return;
      }
    }
    assert.fail(`Tab never came to ${name}`);
  };
  await tabTo(/^(start|join|enroll)/i);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/learn\/[\w-]+\/[\w-]+/);
  await page.getByRole('button', { name: 'Mark as done' }).waitFor();
  await tabTo(/^Mark as done$/);
  await page.keyboard.press('Enter');
  await page.getByText('The lesson is done.').waitFor();
  await student.context.close();
});

test('the home page leads to courses by words, by category and by score, and to answers', async () => {
  const teacher = await product.visitor();
  await teacher.register('dilnoza@example.com', 'Dilnoza', 'Karimova');
  const { course: voice, category } = await published(teacher, 'A voice for the stage', 1);
  const ask = await caller(teacher);
  await ask('PATCH', `/studio/courses/${voice}`, { track: 80 }, { 'if-match': '*' });
  await teacher.context.close();
  const visitor = await product.visitor();
  const { page } = visitor;
  await page.goto('/');
  const hero = page.locator('main').getByRole('searchbox');
  await hero.fill('nothing is called so');
  await hero.press('Enter');
  await page.waitForURL(/\/catalogue\?q=/);
  await page.locator('main h2, main h1').first().waitFor();
  await page.locator('article').first().waitFor({ state: 'detached' });
  await page.goto('/');
  await hero.fill('indexes');
  await hero.press('Enter');
  await page.waitForURL(/\/catalogue\?q=indexes/);
  await holds(page.locator('article'), ['Indexes from the inside']);
  await page.goto('/');
  const chip = page
    .getByRole('group', { name: 'Categories' })
    .getByRole('button', { name: category.name.en });
  await chip.click();
  assert.equal(await chip.getAttribute('aria-pressed'), 'true');
  const row = page.locator('section').filter({ has: chip });
  await row.getByText('Indexes from the inside').waitFor({ state: 'detached' });
  await holds(row.locator('article'), ['A voice for the stage']);
  // By the score that one aims at: what each track is for, its courses and their topics.
  const goal = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Your goal' }) });
  await holds(goal, ['A sure base', 'A strong score', 'A voice for the stage', 'Introduction']);
  await goal.getByRole('link', { name: /^80\+/ }).click();
  await page.waitForURL(/\/catalogue\?track=80/);
  await holds(page.locator('article'), ['A voice for the stage']);
  await page.locator('article', { hasText: 'Indexes from the inside' }).waitFor({ state: 'detached' });
  // And to answers, by the button for who does not find them.
  await page.goto('/');
  await page.locator('main').getByRole('link', { name: 'All questions and answers' }).click();
  await page.waitForURL(/\/help$/);
  await page.locator('main').getByRole('link', { name: 'Write to support' }).waitFor();
  await visitor.context.close();
});

test('a forgotten password is set anew by the link from the mail', async () => {
  const visitor = await product.visitor();
  const email = 'laylo@example.com';
  await visitor.register(email, 'Laylo', 'Umarova');
  await visitor.context.close();
  const again = await product.visitor();
  const { page } = again;
  await page.goto('/sign-in');
  await page.locator('a[href^="/forgot"]').click();
  await page.locator('[name=email]').fill(email);
  await page.locator('button[type=submit]').click();
  await page.goto(await product.linkFor(email, '/reset'));
  await page.locator('[name=password]').fill('another walk to Bukhara 8');
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/\/sign-in/);
  await again.signIn(email, 'another walk to Bukhara 8');
  await page.goto('/profile');
  await holds(page.locator('main'), [email]);
  await again.context.close();
});
