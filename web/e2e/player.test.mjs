// The player on a bad day: a slow and far link, a token of half a minute, a network that goes, a third device; and what
// stands around the picture: captions, transcript, previews, notes. MED-09 MED-10 MED-11 MED-12 LRN-03 WEB-10

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SLOW, watchOver } from './links.mjs';
import { makeVideo, Product, until } from './product.mjs';
import { caller, draft, giveVideo, publish } from './school.mjs';

const SECONDS = 150;
/** How long it plays on the slow link, seconds of the video. */
const SLOW_SECONDS = Number(process.env.E2E_SLOW_SECONDS ?? 40);
const TOKEN_SECONDS = 30;
let product;
let author;
let student;
let lessonUrl;
let videoId;

before(async () => {
  product = await Product.start({ ILM__MEDIA__PLAYBACK_TOKEN_SECONDS: String(TOKEN_SECONDS) });
  author = await product.visitor();
  await author.register('nodira@example.com', 'Nodira', 'Saidova');
  const file = await makeVideo(join(product.directory, 'index.mp4'), { seconds: SECONDS, size: '854x480' });
  const { course, modules } = await draft(author, 'Indexes', [['First', ['Why an index']]], 'video');
  const [lesson] = modules[0].lessons;
  videoId = (await giveVideo(author, course, lesson, file)).id;
  await publish(author, course);
  student = await product.visitor();
  await student.register('jamshid@example.com', 'Jamshid', 'Olimov');
  const ask = await caller(student);
  await ask('POST', `/courses/${course}/enroll`, undefined, { 'idempotency-key': crypto.randomUUID() });
  lessonUrl = `/learn/${course}/${lesson}`;
});
after(async () => {
  await student?.picture('player-last').catch(() => undefined);
  await product?.stop();
});

const video = (visitor) => visitor.page.locator('video');
const at = (visitor) => video(visitor).evaluate((element) => element.currentTime);
const plays = (visitor, from = 0, wait = 60_000) =>
  until(
    'the video plays',
    async () => (await at(visitor)) > from + 0.7 && !(await video(visitor).evaluate((v) => v.paused)),
    wait,
  );
const watches = async (visitor) => {
  await visitor.page.goto(lessonUrl);
  await visitor.page.locator('[data-play]').click();
  await plays(visitor);
};
/** Brings the controls back, which go by themselves. */
const stir = (visitor) => video(visitor).hover({ position: { x: 120, y: 60 } });
const press = (visitor, name) => visitor.page.getByRole('button', { name, exact: true }).click();

test('on 1.6 Mbit/s and 300 ms it plays without a stall', async () => {
  const visitor = await product.visitor();
  await visitor.signIn(student.email);
  const { first, stalls } = await watchOver(visitor, lessonUrl, SLOW, SLOW_SECONDS);
  // How soon is measured (script/bench media browser): here it depends on what else the machine does.
  console.log(`  first picture after ${Math.round(first)} ms, ${stalls} stalls in ${SLOW_SECONDS} s`);
  assert.equal(stalls, 0);
  await visitor.context.close();
});

test('a token of half a minute is renewed while it plays, and nobody notices', async () => {
  const { page } = student;
  const tokens = new Set();
  page.on('request', (request) => {
    const token = /\/m\/([^/]+)\//.exec(request.url())?.[1];
    if (token) tokens.add(token);
  });
  await page.goto(lessonUrl);
  // From the start, whatever was watched before.
  await page.locator('[data-play]').click();
  await plays(student);
  const from = await at(student);
  await until('it has outlived the token', async () => (await at(student)) > from + TOKEN_SECONDS + 5);
  // What has not been loaded yet, with what is valid now.
  await page.keyboard.press('9');
  await plays(student, SECONDS * 0.9 - 1);
  await page.keyboard.press('0');
  await plays(student);
  assert.ok(tokens.size > 1, `${tokens.size} tokens`);
  assert.equal(await page.locator('section [role=alert]').count(), 0);
});

test('a network that goes and comes back interrupts only what was not loaded', async () => {
  const { page, context } = student;
  // A fresh page: what was watched before may still be in memory.
  await watches(student);
  await page.keyboard.press('1');
  await plays(student, SECONDS / 10 - 1);
  const isLoaded = (second) =>
    video(student).evaluate(({ buffered }, second) => {
      const ranges = Array.from({ length: buffered.length }, (_, n) => [buffered.start(n), buffered.end(n)]);
      return ranges.some(([start, end]) => start <= second && second < end);
    }, second);
  let tenth = 9;
  while (await isLoaded((SECONDS * tenth) / 10)) tenth -= 1;
  assert.ok(tenth > 1, 'all of it is loaded');
  await context.setOffline(true);
  try {
    await page.keyboard.press(String(tenth));
    await until('it waits', () => video(student).evaluate((element) => element.readyState < 3));
  } finally {
    await context.setOffline(false);
  }
  await plays(student, (SECONDS * tenth) / 10 - 1);
});

test('a third device goes on, and the first one says why it stopped and offers to take over', async () => {
  const { page } = student;
  // Heartbeats would tell it too, later: they get no answer meanwhile.
  const frames = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  await watches(student);
  await until('its end is listened for', async () =>
    frames.some((frame) => frame.includes('"joined"') && frame.includes('"playback:')),
  );
  const held = [];
  await page.route('**/heartbeat', (route) => held.push(route));
  const others = [];
  for (let n = 0; n < 2; n++) {
    const other = await product.visitor();
    await other.signIn(student.email);
    await watches(other);
    others.push(other);
  }
  await page.getByText('You are watching on another device').waitFor();
  assert.ok(frames.some((frame) => frame.includes('"playback_ended"') && frame.includes('"replaced"')));
  await page.unroute('**/heartbeat');
  await Promise.all(held.map((route) => route.abort().catch(() => undefined)));
  await student.picture('player-elsewhere-1280');
  await page.getByRole('button', { name: 'Watch here' }).click();
  await plays(student, await at(student));
  for (const other of others) await other.context.close();
});

test('captions are shown over the picture in the chosen size, and remembered', async () => {
  const cues = Array.from({ length: 30 }, (_, n) => {
    const clock = (s) =>
      `00:${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
    return `${n + 1}\n${clock(n * 5)},000 --> ${clock(n * 5 + 4)},900\nLine number ${n + 1} about B-trees\n`;
  });
  const token = await author.token();
  const headers = { authorization: `Bearer ${token}`, 'x-ilm-request': '1' };
  const put = (language, label, body) =>
    fetch(`${product.base}/api/v1/videos/${videoId}/captions/${language}?label=${label}`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/x-subrip' },
      body,
    });
  const wrong = await put('en', 'English', '1\n00:00:05,000 --> 00:00:03,000\nBack in time\n');
  assert.equal(wrong.status, 422);
  assert.match(JSON.stringify(await wrong.json()), /captions_invalid.*line 2/i);
  assert.equal((await put('en', 'English', cues.join('\n'))).status, 200);
  assert.equal(
    (await put('he', 'Hebrew', '1\n00:00:00,000 --> 00:02:00,000\nשלום (B-tree) 4\n')).status,
    200,
  );

  const { page } = student;
  await watches(student);
  await page.keyboard.press('4');
  await plays(student, SECONDS * 0.4 - 1);
  await page.keyboard.press('k');
  await page.keyboard.press('c');
  await page.locator('[data-captions]').getByText('Line number 13 about B-trees').waitFor();
  const size = () =>
    page
      .locator('[data-captions]')
      .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  const usual = await size();
  await stir(student);
  await page.getByRole('button', { name: /^Settings:/ }).click();
  await page.getByRole('menuitemradio', { name: 'Very large' }).click();
  await until('it is larger', async () => (await size()) > usual * 1.8);
  await stir(student);
  await page.getByRole('button', { name: /^Settings:/ }).click();
  await page.getByRole('menuitemradio', { name: 'Hebrew' }).click();
  const line = page.locator('[data-captions]').getByText('שלום');
  await line.waitFor();
  assert.equal(await line.evaluate((element) => getComputedStyle(element).direction), 'rtl');
  await student.picture('player-captions-1280');
  await page.reload();
  await page.locator('[data-play]').click();
  await plays(student);
  await page.locator('[data-captions]').getByText('שלום').waitFor();
});

test('the transcript is searched, leads to its moment, and follows the playback', async () => {
  const { page } = student;
  const transcript = page.locator('[data-transcript]');
  await transcript.getByLabel('Language of the transcript').selectOption('en');
  await transcript.getByRole('searchbox').fill('number 21');
  await transcript.getByText('1 place found').waitFor();
  await transcript.getByRole('button', { name: /Line number 21/ }).click();
  await until('it is there', async () => Math.abs((await at(student)) - 100) < 3);
  await transcript.getByRole('searchbox').fill('');
  await plays(student, 100);
  await transcript.locator('[aria-current]', { hasText: 'Line number 21' }).waitFor();
  assert.deepEqual(await student.accessibility(), []);
});

test('the transcript is there before anything plays, and begins the video at a line', async () => {
  const { page } = student;
  const asked = [];
  const hear = (request) => asked.push(new URL(request.url()).pathname);
  page.on('request', hear);
  await page.goto(lessonUrl);
  const line = page.locator('[data-transcript]').getByRole('button', { name: /Line number 11 about/ });
  await line.waitFor();
  assert.ok(!asked.some((path) => /\/play$|^\/m\//.test(path)), 'it needs no playback');
  await line.click();
  await plays(student, 50);
  assert.ok((await at(student)) < 58);
  page.off('request', hear);
});

test('the sound alone is chosen on a thin link, and the picture comes back at its place', async () => {
  const { page } = student;
  const asked = [];
  const hear = (request) => asked.push(request.url());
  const choose = async (name) => {
    // Further down the page there is but the small player, which has no menus.
    await page.evaluate(() => scrollTo(0, 0));
    await stir(student);
    await page.getByRole('button', { name: /^Quality/ }).click();
    await page.getByRole('menuitemradio', { name }).click();
  };
  const from = await at(student);
  await choose('Sound only');
  await page.locator('[data-listening]').waitFor();
  page.on('request', hear);
  // What has not been loaded before.
  await page.keyboard.press('8');
  await plays(student, SECONDS * 0.8);
  assert.ok(from < SECONDS * 0.8);
  const parts = asked.flatMap((url) => /\/(\w+)\/\d+\.m4s$/.exec(url)?.[1] ?? []);
  assert.ok(parts.length > 0 && parts.every((name) => name === 'audio'), `${parts}`);
  page.off('request', hear);
  await student.picture('player-sound-1280');
  const there = await at(student);
  await choose(/^Auto/);
  await until('the picture is back', async () => !(await page.locator('[data-listening]').count()));
  await plays(student, there - 1);
  assert.ok((await at(student)) < there + 20);
  assert.ok(await video(student).evaluate((element) => element.videoHeight > 0));
});

test('the seek bar shows a picture of the moment under the pointer', async () => {
  const { page } = student;
  await stir(student);
  await page.getByRole('slider', { name: 'Place in the video' }).hover({ position: { x: 200, y: 12 } });
  const picture = page.locator('[data-tile] img');
  await until('the picture is there', () => picture.evaluate((element) => element.naturalWidth > 0));
  await student.picture('player-preview-1280');
});

test('a note is kept at its moment, while it is typed too, and leads back to it', async () => {
  const { page } = student;
  await page.getByRole('tab', { name: 'Notes' }).click();
  await page.keyboard.press('6');
  await plays(student, SECONDS * 0.6 - 1);
  await page.keyboard.press('k');
  const moment = await at(student);
  const field = page.getByRole('textbox', { name: 'Write a note' });
  await field.fill('Depth three is enough');
  await page.reload();
  await page.getByRole('tab', { name: 'Notes' }).click();
  await until('the draft is there', async () => (await field.inputValue()) === 'Depth three is enough');
  await press(student, 'Save the note');
  await page.getByText('Depth three is enough').first().waitFor();
  await page.getByRole('button', { name: /^Go to/ }).click();
  await plays(student, moment - 2);
  assert.ok((await at(student)) < moment + 8);
  await page.getByRole('link', { name: 'All notes of the course' }).click();
  await page.getByRole('heading', { name: 'Why an index' }).waitFor();
  const file = page.waitForEvent('download');
  await press(student, 'Save as a file');
  assert.equal((await file).suggestedFilename(), 'notes.md');
});

test('the author sees how it is watched', async () => {
  // The last word of each viewing was said when its page went.
  await student.page.goto('/my/learning');
  const ask = await caller(author);
  const seen = await until('the viewings are counted', async () => {
    const found = await ask('GET', `/videos/${videoId}/analytics`);
    const counted = found.viewings > 0 && found.start_ms_p50 > 0;
    return counted && found.retention.views.some((views) => views > 0) && found;
  });
  assert.ok(seen.rungs.length > 0);
  await author.page.goto(
    lessonUrl.replace('/learn/', '/studio/courses/').replace(/\/([\w-]+)$/, '/viewings/$1'),
  );
  await author.page.getByText('Where people stop').waitFor();
  assert.deepEqual(await author.accessibility(), []);
  await author.picture('studio-viewings-1280');
});

test('an admin sees the work on the video with its attempts; nobody else does', async () => {
  await product.makeAdmin('head@example.com');
  const admin = await product.visitor();
  await admin.signIn('head@example.com');
  const { page } = admin;
  await page.goto('/admin/transcodes?show=ready');
  await page.getByRole('button', { name: /index\.mp4/ }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByText('Attempt 1').waitFor();
  await drawer.getByText('What the file is').click();
  await drawer.locator('pre').filter({ visible: true }).first().waitFor();
  assert.deepEqual(await admin.accessibility(), []);
  await admin.picture('admin-transcode-1280');
  assert.deepEqual(admin.complaints, []);
  await author.page.goto('/admin/transcodes');
  await author.page.getByText('This page is not for your role').waitFor();
  await admin.context.close();
});

test('no page has broken the content security policy or thrown', () => {
  const real = (text) => !/WebSocket|ERR_CONNECTION|ERR_INTERNET|ERR_EMPTY_RESPONSE/.test(text);
  assert.deepEqual(author.complaints.filter(real), []);
  assert.deepEqual(student.complaints.filter(real), []);
});
