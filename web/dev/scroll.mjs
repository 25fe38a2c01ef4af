// Measures how a room of 100,000 messages scrolls, all of them loaded: the time between frames, the longest piece of work
// of the page while it scrolls and while a message comes. `node dev/scroll.mjs` over a built dist.
import { chromium } from 'playwright-core';
import { chat } from './mock/chat.mjs';
import { serve } from './mock/server.mjs';

const port = Number(process.env.SHOTS_PORT ?? 4178);
const room = '0192c4a7-0000-7000-8000-000000000009';
const server = await serve(port);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' });
await context.addInitScript(() => localStorage.setItem('ilm.locale', 'en'));
const page = await context.newPage();
await page.routeWebSocket(/\/api\/v1\/ws$/, (socket) => chat(socket, 'en', 'whole'));
const started = Date.now();
await page.goto(`http://localhost:${port}/messages/${room}`);
await page.getByText('Message number 100000.').waitFor({ timeout: 120_000 });
const opened = Date.now() - started;

/** Runs work in the page and tells the frames and the long pieces of work meanwhile. */
const watched = (work, argument) =>
  page.evaluate(
    async ([source, given]) => {
      const log = document.querySelector('[role=log]');
      const long = [];
      const seen = new PerformanceObserver((list) =>
        long.push(...list.getEntries().map((one) => one.duration)),
      );
      seen.observe({ type: 'longtask' });
      const frames = [];
      let last = performance.now();
      let running = true;
      const tick = (now) => {
        frames.push(now - last);
        last = now;
        if (running) requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
      const started = performance.now();
      // biome-ignore lint/security/noGlobalEval: a measuring script runs its own pieces in the page.
      await globalThis.eval(`(${source})`)(log, given);
      running = false;
      await new Promise((resolve) => setTimeout(resolve, 200));
      seen.disconnect();
      const sorted = frames.slice(1).sort((a, b) => a - b);
      const at = (part) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
      return {
        seconds: Math.round((performance.now() - started) / 100) / 10,
        frames: sorted.length,
        p50: at(0.5),
        p95: at(0.95),
        worst: at(1),
        longTasks: long.length,
        longest: Math.round(Math.max(0, ...long)),
        rows: log.querySelectorAll('article').length,
      };
    },
    [work.toString(), argument],
  );

/** A wheel: so many pixels a frame, up or down. */
const wheel = async (log, step) => {
  for (let frame = 0; frame < 240; frame++) {
    log.scrollTop += step;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
};
/** The thumb of the scroll bar, dragged over the whole length. */
const drag = async (log) => {
  for (let frame = 0; frame < 120; frame++) {
    log.scrollTop = log.scrollHeight * (1 - frame / 120);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  log.scrollTop = log.scrollHeight;
};
console.log(`opened with 100,000 messages in ${opened} ms`);
console.table({
  'up, 120 px a frame': await watched(wheel, -120),
  'down, 120 px a frame': await watched(wheel, 120),
  'up, 1,500 px a frame': await watched(wheel, -1500),
  'thumb over everything': await watched(drag, 0),
});
const field = page.getByRole('textbox', { name: 'Write a message' });
const wrote = Date.now();
await field.fill('One more');
await field.press('Enter');
await page.locator('[role=log]').getByText('One more').waitFor();
console.log(`a message of one's own stood there after ${Date.now() - wrote} ms`);
await browser.close();
server.close();
