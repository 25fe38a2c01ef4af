// Pictures of the pages over the mock server, in several languages and widths, with a check of what the browser
// complained about (content security policy, errors) and of accessibility. `npm run shots [name…]`, into test-results/.
import { mkdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { chat } from './mock/chat.mjs';
import { serve } from './mock/server.mjs';

const key = (n) => `0192c000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const roomKey = (n) => `0192c4a7-0000-7000-8000-${String(n).padStart(12, '0')}`;
const lessonKey = (n) => `0192e000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const deskKey = (n) => `0192de5c-0000-7000-8000-${String(n).padStart(12, '0')}`;
const taskKey = (n) => `0192f000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const threadKey = (n) => `01927472-0000-7000-8000-${String(n).padStart(12, '0')}`;
const course = (n) => `/courses/${key(n)}`;
const tab = (page, name) =>
  page
    .locator(`#tab-${name}`)
    .click({ timeout: 2000 })
    .catch(() => undefined);
/** Plays until something is seen, then stops, so that the picture is of a moment. */
const play = (second, then) => async (page) => {
  await page.locator('[data-play]').click();
  await page.locator('[data-controls]').waitFor({ timeout: 20_000 });
  await page.evaluate((to) => {
    const video = document.querySelector('video');
    video.currentTime = to;
  }, second);
  await page.waitForFunction((to) => document.querySelector('video').currentTime > to + 0.3, second);
  await page.keyboard.press('k');
  await then?.(page);
};
const captionsOn = (page) => page.keyboard.press('c');
/** name, address, language, how the mock is bent, what to do before the picture */
const pages = [
  ['home-ru', '/', 'ru', ''],
  ['home-guest-uz', '/', 'uz', 'guest'],
  ['home-he', '/', 'he', ''],
  ['home-error-ru', '/', 'ru', 'guest,error'],
  ['catalogue-ru', '/catalogue', 'ru', ''],
  ['catalogue-filtered-he', '/catalogue?language=he&free=true', 'he', 'guest'],
  ['catalogue-nothing-en', '/catalogue?q=zzz&level=advanced', 'en', 'guest'],
  ['catalogue-slow-uz', '/catalogue', 'uz', 'guest,slow'],
  ['course-uz', course(1), 'uz', 'guest'],
  ['course-free-he', course(6), 'he', 'guest'],
  ['course-owned-uz', course(1), 'uz', ''],
  ['course-missing-en', course(77), 'en', 'guest'],
  ['sign-in-uz', '/sign-in', 'uz', 'guest', (page) => page.locator('button[type=submit]').click()],
  [
    'sign-in-wrong-ru',
    '/sign-in',
    'ru',
    'guest',
    async (page) => {
      await page.locator('[name=email]').fill('a@example.com');
      await page.locator('[name=password]').fill('wrong password');
      await page.locator('button[type=submit]').click();
      await page.locator('[role=alert]').waitFor();
    },
  ],
  [
    'code-he',
    '/sign-in',
    'he',
    'guest',
    async (page) => {
      await page.locator('button[type=button]', { hasText: 'קוד' }).click();
      await page.locator('[name=email]').fill('a@example.com');
      await page.locator('button[type=submit]').click();
      await page.locator('[name=code]').waitFor();
    },
  ],
  ['register-ru', '/register', 'ru', 'guest'],
  ['forgot-uz', '/forgot', 'uz', 'guest'],
  ['reset-en', '/reset#token', 'en', 'guest'],
  ['profile-ru', '/profile', 'ru', ''],
  ['profile-guest-he', '/profile', 'he', 'guest'],
  ['my-learning-uz', '/my/learning', 'uz', ''],
  ['my-learning-empty-ru', '/my/learning', 'ru', 'empty'],
  ['lesson-ru', `/learn/${key(1)}/${lessonKey(4)}`, 'ru', ''],
  ['lesson-he', `/learn/${key(6)}/${lessonKey(4)}`, 'he', ''],
  ['lesson-chat-he', `/learn/${key(6)}/${lessonKey(4)}`, 'he', '', (page) => tab(page, 'chat')],
  [
    'lesson-failed-ru',
    `/learn/${key(1)}/${lessonKey(4)}`,
    'ru',
    '',
    async (page) => {
      await page.locator('[data-play]').click();
      await page.locator('section [role=alert]').waitFor();
    },
  ],
  ['player-ru', `/learn/${key(1)}/${lessonKey(4)}`, 'ru', 'stream', play(46, captionsOn)],
  ['player-he', `/learn/${key(6)}/${lessonKey(4)}`, 'he', 'stream', play(46, captionsOn)],
  [
    'player-preview-uz',
    `/learn/${key(1)}/${lessonKey(4)}`,
    'uz',
    'stream',
    play(20, async (page) => {
      await page
        .locator('[data-controls] input[type=range]')
        .first()
        .hover({ position: { x: 150, y: 12 } });
      await page.locator('[data-tile]').waitFor();
    }),
  ],
  [
    'player-transcript-he',
    `/learn/${key(6)}/${lessonKey(4)}`,
    'he',
    'stream',
    play(46, async (page) => {
      await tab(page, 'transcript');
      await page.locator('[data-transcript] input[type=search]').fill('B-tree');
    }),
  ],
  [
    'player-sound-only-he',
    `/learn/${key(6)}/${lessonKey(4)}`,
    'he',
    'stream',
    async (page) => {
      await play(46)(page);
      await page.keyboard.press('k');
      await page.locator('video').hover({ position: { x: 120, y: 60 } });
      const menu = page.getByRole('button', { name: /^(איכות|הגדרות)/ }).first();
      await menu.click();
      await page.getByRole('menuitemradio', { name: 'שמע בלבד' }).click();
      await page.locator('[data-listening]').waitFor();
      await page.waitForFunction(() => document.querySelector('video').currentTime > 46.5);
    },
  ],
  [
    'lesson-transcript-uz',
    `/learn/${key(1)}/${lessonKey(4)}`,
    'uz',
    'stream',
    (page) => tab(page, 'transcript'),
  ],
  ['player-listening-en', `/learn/${key(1)}/${lessonKey(4)}`, 'en', 'listening', play(20)],
  [
    'player-mini-ru',
    `/learn/${key(1)}/${lessonKey(4)}`,
    'ru',
    'stream',
    play(46, async (page) => {
      await page.keyboard.press('c');
      await page.keyboard.press('p');
    }),
  ],
  [
    'player-next-he',
    `/learn/${key(6)}/${lessonKey(4)}`,
    'he',
    'stream',
    async (page) => {
      await play(86)(page);
      await page.keyboard.press('k');
      await page.locator('[data-next]').waitFor();
      await page.keyboard.press('Escape');
    },
  ],
  ['lesson-notes-ru', `/learn/${key(1)}/${lessonKey(4)}`, 'ru', 'stream', (page) => tab(page, 'notes')],
  ['lesson-notes-empty-he', `/learn/${key(6)}/${lessonKey(4)}`, 'he', 'empty', (page) => tab(page, 'notes')],
  ['course-notes-uz', `/learn/${key(1)}/notes`, 'uz', ''],
  ['lesson-files-uz', `/learn/${key(1)}/${lessonKey(4)}`, 'uz', '', (page) => tab(page, 'files')],
  ['lesson-text-uz', `/learn/${key(1)}/${lessonKey(3)}`, 'uz', 'nochat'],
  ['lesson-preview-en', `/learn/${key(1)}/${lessonKey(1)}`, 'en', 'guest'],
  ['lesson-locked-uz', `/learn/${key(1)}/${lessonKey(5)}`, 'uz', 'stranger'],
  ['topic-uz', `/learn/${key(1)}/topics/t1`, 'uz', ''],
  [
    'topic-edit-ru',
    `/learn/${key(1)}/topics/t1`,
    'ru',
    'admin',
    async (page) => {
      await page.getByText('Изменить тему').click();
      await page.locator('[role=dialog] form').waitFor();
    },
  ],
  ['task-staff-ru', `/learn/${key(1)}/tasks/${taskKey(3)}`, 'ru', 'admin'],
  ['topic-closed-he', `/learn/${key(6)}/topics/t1`, 'he', 'closed'],
  ['topic-empty-ru', `/learn/${key(1)}/topics/t1`, 'ru', 'empty'],
  ['task-number-uz', `/learn/${key(1)}/tasks/${taskKey(1)}`, 'uz', ''],
  [
    'task-number-he',
    `/learn/${key(6)}/tasks/${taskKey(1)}`,
    'he',
    '',
    async (page) => {
      await page.locator('form input').first().fill('1,234');
      await page.locator('form button[type=submit]').first().click();
      await page.locator('[data-verdict]').waitFor();
    },
  ],
  ['task-text-ru', `/learn/${key(1)}/tasks/${taskKey(2)}`, 'ru', ''],
  ['task-choice-en', `/learn/${key(1)}/tasks/${taskKey(3)}`, 'en', 'wait'],
  ['task-choices-he', `/learn/${key(6)}/tasks/${taskKey(4)}`, 'he', ''],
  ['task-order-ru', `/learn/${key(1)}/tasks/${taskKey(5)}`, 'ru', ''],
  ['task-match-he', `/learn/${key(6)}/tasks/${taskKey(6)}`, 'he', ''],
  ['task-free-uz', `/learn/${key(1)}/tasks/${taskKey(7)}`, 'uz', ''],
  [
    'task-file-ru',
    `/learn/${key(1)}/tasks/${taskKey(8)}`,
    'ru',
    '',
    (page) => page.locator('form button[type=submit]').first().click(),
  ],
  ['task-closed-uz', `/learn/${key(1)}/tasks/${taskKey(1)}`, 'uz', 'closed'],
  ['task-stranger-ru', `/learn/${key(1)}/tasks/${taskKey(1)}`, 'ru', 'stranger'],
  ['task-guest-he', `/learn/${key(6)}/tasks/${taskKey(1)}`, 'he', 'guest'],
  ['task-error-en', `/learn/${key(1)}/tasks/${taskKey(99)}`, 'en', ''],
  ['studio-list-ru', '/studio', 'ru', ''],
  ['studio-empty-uz', '/studio', 'uz', 'empty'],
  ['studio-course-ru', `/studio/courses/${key(1)}?lesson=${lessonKey(2)}`, 'ru', ''],
  ['studio-course-he', `/studio/courses/${key(6)}?lesson=${lessonKey(3)}`, 'he', ''],
  ['studio-video-ru', `/studio/courses/${key(1)}?lesson=${lessonKey(1)}`, 'ru', ''],
  [
    'studio-captions-he',
    `/studio/courses/${key(6)}?lesson=${lessonKey(1)}`,
    'he',
    '',
    async (page) => {
      const file = { name: 'lesson.ru.srt', mimeType: 'text/plain', buffer: Buffer.from('1') };
      await page.locator('input[type=file][accept*=vtt]').setInputFiles(file);
      await page.locator('form button[type=submit]').click();
      await page.locator('form [role=alert]').waitFor();
      await page.locator('fieldset button').last().click();
    },
  ],
  ['studio-viewings-uz', `/studio/courses/${key(1)}/viewings/${lessonKey(1)}`, 'uz', ''],
  ['studio-viewings-he', `/studio/courses/${key(6)}/viewings/${lessonKey(1)}`, 'he', ''],
  ['studio-topic-uz', `/studio/courses/${key(1)}?module=0192d000-0000-7000-8000-000000000001`, 'uz', ''],
  ...['number', 'text', 'choice', 'choices', 'order', 'match', 'free', 'file'].map((kind, n) => [
    `editor-${kind}-${['ru', 'he', 'uz', 'en'][n % 4]}`,
    `/studio/tasks/${taskKey(n + 1)}`,
    ['ru', 'he', 'uz', 'en'][n % 4],
    '',
    async (page) => {
      await page.locator('[contenteditable]').first().waitFor();
      if (kind !== 'choice') return;
      await page.locator('aside form button[type=submit]').click();
      await page.locator('[data-judged]').waitFor();
    },
  ]),
  [
    'editor-versions-ru',
    `/studio/tasks/${taskKey(1)}`,
    'ru',
    '',
    async (page) => {
      await page.getByText('Версии', { exact: true }).click();
      await page.locator('aside ol button').first().click();
    },
  ],
  [
    'editor-conflict-he',
    `/studio/tasks/${taskKey(1)}`,
    'he',
    '',
    async (page) => {
      await page.locator('#content input').first().fill('שלי');
      await page.keyboard.press('Control+s');
      await page.locator('[role=dialog]').waitFor();
    },
  ],
  ['editor-forbidden-uz', `/studio/tasks/${taskKey(1)}`, 'uz', 'stranger'],
  ['grading-ru', '/grading', 'ru', 'admin'],
  ['grading-he', '/grading', 'he', 'admin'],
  ['grading-empty-uz', '/grading', 'uz', 'admin,empty'],
  ['studio-description-ru', `/studio/courses/${key(1)}?tab=description`, 'ru', ''],
  ['studio-trailer-he', `/studio/courses/${key(6)}?tab=description`, 'he', ''],
  ['studio-price-en', `/studio/courses/${key(1)}?tab=price`, 'en', ''],
  [
    'studio-conflict-en',
    `/studio/courses/${key(1)}?tab=description`,
    'en',
    '',
    async (page) => {
      await page.locator('#field-title').fill('Mine');
      await page.locator('[role=dialog]').waitFor();
    },
  ],
  ['admin-transcodes-ru', '/admin/transcodes', 'ru', 'admin'],
  ['admin-transcode-he', '/admin/transcodes?video=v4', 'he', 'admin'],
  ['admin-empty-uz', '/admin/transcodes?show=failed', 'uz', 'admin,empty'],
  ['admin-forbidden-en', '/admin/transcodes', 'en', ''],
  ['desk-ru', '/desk', 'ru', 'staff'],
  ['desk-he', '/desk', 'he', 'staff'],
  ['desk-empty-uz', '/desk', 'uz', 'staff,empty'],
  ['desk-error-en', '/desk', 'en', 'staff,error'],
  ['desk-forbidden-en', '/desk', 'en', ''],
  ['desk-open-ru', `/desk?room=${deskKey(2)}`, 'ru', 'staff'],
  ['desk-open-he', `/desk?room=${deskKey(5)}`, 'he', 'staff'],
  ['desk-theirs-uz', `/desk?room=${deskKey(3)}`, 'uz', 'staff', (page) => page.waitForTimeout(900)],
  ['desk-panel-ru', `/desk?room=${deskKey(2)}&panel=true`, 'ru', 'staff'],
  [
    'desk-templates-ru',
    `/desk?room=${deskKey(2)}`,
    'ru',
    'staff',
    async (page) => {
      await page.locator('textarea').waitFor();
      await page.locator('main').first().focus();
      await page.keyboard.press('/');
      await page.getByRole('option').first().waitFor();
    },
  ],
  [
    'desk-manage-he',
    `/desk?room=${deskKey(2)}`,
    'he',
    'staff',
    async (page) => {
      await page.locator('textarea').waitFor();
      await page.locator('main').first().focus();
      await page.keyboard.press('/');
      await page.getByRole('option').last().click();
      await page.locator('[role=dialog] li').first().waitFor();
    },
  ],
  ['help-ru', '/help', 'ru', '', (page) => page.locator('summary').first().click()],
  ['help-he', '/help?topic=admission', 'he', 'guest'],
  ['help-nothing-uz', '/help?q=zzz', 'uz', 'guest'],
  ['help-chat-ru', '/help/chat', 'ru', ''],
  ['help-first-he', '/help/chat', 'he', 'empty'],
  ['help-edit-ru', '/help/edit', 'ru', 'staff'],
  [
    'help-editing-he',
    '/help/edit',
    'he',
    'staff',
    async (page) => {
      await page.locator('ol li > button').first().click();
      await page.locator('[role=dialog] textarea').waitFor();
    },
  ],
  ['forum-ru', `/learn/${key(1)}/forum`, 'ru', ''],
  ['forum-he', `/learn/${key(6)}/forum`, 'he', ''],
  ['forum-empty-uz', `/learn/${key(1)}/forum`, 'uz', 'empty'],
  [
    'forum-new-uz',
    `/learn/${key(1)}/forum`,
    'uz',
    '',
    async (page) => {
      await page.getByRole('button', { name: 'Yangi mavzu' }).click();
      await page.locator('[role=dialog] button[type=submit]').click();
    },
  ],
  ['forum-thread-ru', `/learn/${key(1)}/forum/${threadKey(0)}`, 'ru', ''],
  ['lesson-questions-ru', `/learn/${key(1)}/${lessonKey(4)}`, 'ru', '', (page) => tab(page, 'questions')],
  ['lesson-questions-he', `/learn/${key(6)}/${lessonKey(4)}`, 'he', '', (page) => tab(page, 'questions')],
  [
    'lesson-question-uz',
    `/learn/${key(1)}/${lessonKey(4)}`,
    'uz',
    '',
    async (page) => {
      await tab(page, 'questions');
      await page.locator('[role=tabpanel] li button').first().click();
    },
  ],
  ['chat-author-uz', `/learn/${key(1)}/author`, 'uz', ''],
  ['chat-general-he', '/chat/general', 'he', ''],
  ['chat-staff-ru', '/chat/staff', 'ru', 'staff'],
  ['news-ru', '/announcements', 'ru', 'staff'],
  ['news-he', '/announcements', 'he', ''],
  ['news-empty-uz', '/announcements', 'uz', 'empty'],
  [
    'news-write-ru',
    '/announcements',
    'ru',
    'staff',
    async (page) => {
      await page.getByRole('button', { name: 'Написать объявление' }).click();
      await page.locator('[role=dialog] textarea').fill('Завтра в 19:00 вебинар.');
    },
  ],
  [
    'moderation-ru',
    '/moderation',
    'ru',
    'staff',
    async (page) => {
      await page.getByRole('button', { name: 'Что было вокруг' }).first().click();
      await page.getByRole('button', { name: 'Запретить писать' }).first().click();
    },
  ],
  ['moderation-he', '/moderation', 'he', 'staff'],
  ['moderation-resolved-uz', '/moderation?state=resolved', 'uz', 'staff'],
  ['moderation-empty-en', '/moderation', 'en', 'staff,empty'],
  ['moderation-words-ru', '/moderation?tab=words', 'ru', 'staff'],
  ['moderation-mutes-he', '/moderation?tab=mutes', 'he', 'staff'],
  ['moderation-forbidden-uz', '/moderation', 'uz', ''],
  ['audit-ru', '/admin/audit', 'ru', 'admin'],
  ['audit-he', '/admin/audit', 'he', 'admin'],
  ['messages-ru', '/messages', 'ru', ''],
  ['messages-he', '/messages', 'he', ''],
  ['messages-empty-uz', '/messages', 'uz', 'empty'],
  ['messages-nothing-en', '/messages?q=zzz&group=task', 'en', ''],
  ['messages-error-ru', '/messages', 'ru', 'error'],
  ['messages-guest-he', '/messages', 'he', 'guest'],
  ['room-ru', `/messages/${roomKey(3)}`, 'ru', ''],
  ['room-he', `/messages/${roomKey(2)}`, 'he', ''],
  ['room-uz', `/messages/${roomKey(1)}`, 'uz', ''],
  ['room-locked-en', `/messages/${roomKey(8)}`, 'en', ''],
  ['room-muted-ru', `/messages/${roomKey(2)}`, 'ru', 'muted'],
  ['room-long-uz', `/messages/${roomKey(9)}?at=500`, 'uz', 'staff'],
  [
    'room-search-he',
    `/messages/${roomKey(2)}`,
    'he',
    '',
    async (page) => {
      await page.getByRole('button', { name: 'חיפוש בצ׳אט הזה' }).click();
      await page.locator('section search input').fill('CREATE');
      await page.locator('section search li').first().waitFor();
    },
  ],
  [
    'room-write-ru',
    `/messages/${roomKey(2)}`,
    'ru',
    '',
    async (page) => {
      const field = page.getByRole('textbox', { name: 'Написать сообщение' });
      await field.fill('https://example.org');
      await field.press('Control+Enter');
      await page.getByText('не отправлено').waitFor();
      await field.fill('@');
      await page.getByRole('option').first().waitFor();
    },
  ],
  [
    'room-menu-ru',
    `/messages/${roomKey(9)}`,
    'ru',
    '',
    async (page) => {
      await page.locator('[role=log] article [aria-haspopup=menu]').last().click();
      await page.getByRole('menuitem').first().waitFor();
    },
  ],
  ['not-found-he', '/nowhere', 'he', 'guest'],
];

const wanted = process.argv.slice(2);
const out = new URL('../test-results/', import.meta.url);
mkdirSync(out, { recursive: true });
const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const port = Number(process.env.SHOTS_PORT ?? 4179);
const server = await serve(port);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
let complaints = 0;
for (const [name, path, locale, bend, act] of pages) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ]) {
    const context = await browser.newContext({
      viewport: { width, height },
      locale,
      bypassCSP: false,
      deviceScaleFactor: width < 500 ? 2 : 1,
      hasTouch: width < 500,
    });
    await context.addCookies([
      { name: 'mock', value: bend || 'none', url: `http://localhost:${port}` },
      { name: 'ilm_lang', value: locale, url: `http://localhost:${port}` },
    ]);
    await context.addInitScript(([value]) => localStorage.setItem('ilm.locale', value), [locale]);
    const page = await context.newPage();
    await page.routeWebSocket(/\/api\/v1\/ws$/, (socket) => chat(socket, locale, bend));
    const seen = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text()))
        seen.push(message.text());
    });
    page.on('pageerror', (error) => seen.push(String(error)));
    await page.goto(`http://localhost:${port}${path}`);
    await page.locator('footer').waitFor();
    if (bend.includes('slow')) await page.waitForTimeout(600);
    else {
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle');
    }
    if (act) await act(page);
    await page.waitForTimeout(bend.includes('slow') ? 0 : 500);
    await page.evaluate(() => document.fonts.ready);
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) seen.push(`scrolls sideways by ${wide} px`);
    await page.screenshot({ path: new URL(`${name}-${width}.png`, out).pathname, fullPage: true });
    // axe is put in through the debugging protocol, which the page's policy does not bind.
    const found = await page
      .evaluate(
        `(() => { ${axe}; return window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }); })()`,
      )
      .catch((error) => ({ violations: [{ id: String(error), nodes: [] }] }));
    for (const violation of found.violations)
      seen.push(
        `axe ${violation.id}: ${violation.nodes
          .map((node) => node.target.join(' '))
          .slice(0, 4)
          .join(' | ')}`,
      );
    if (seen.length > 0) {
      complaints += seen.length;
      console.log(`${name} ${width}`);
      for (const line of new Set(seen)) console.log(`   ${line.slice(0, 400)}`);
    }
    await context.close();
  }
}
await browser.close();
server.close();
console.log(complaints === 0 ? 'No complaints.' : `${complaints} complaints.`);
