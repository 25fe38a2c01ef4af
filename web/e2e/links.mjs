// Watching over a bad link: how long until the first picture, and how often it stands still.

import { until } from './product.mjs';

/** What the link carries, bits a second, and how long the way is, milliseconds. */
export const SLOW = { bits: 1_600_000, latency: 300 };
export const FAIR = { bits: 5_000_000, latency: 100 };

/**
 * Opens the lesson, then puts the link in place, presses play and watches for so many seconds of the video.
 * Gives the milliseconds from the press to the first picture, and the stalls after it.
 */
export async function watchOver(visitor, lessonUrl, { bits, latency }, seconds) {
  const { page } = visitor;
  await page.goto(lessonUrl);
  await page.locator('[data-play]').waitFor();
  const wire = await visitor.context.newCDPSession(page);
  await wire.send('Network.enable');
  const rate = bits / 8;
  const link = { offline: false, latency, downloadThroughput: rate, uploadThroughput: rate };
  await wire.send('Network.emulateNetworkConditions', link);
  const video = page.locator('video');
  await video.evaluate((element) => {
    window.stalls = 0;
    element.addEventListener('playing', () => {
      window.started ??= performance.now();
    });
    element.addEventListener('waiting', () => {
      if (window.started !== undefined && !element.seeking && !element.ended) window.stalls++;
    });
    addEventListener('click', () => {
      window.pressed ??= performance.now();
    });
  });
  await page.locator('[data-play]').click();
  const at = () => video.evaluate((element) => element.currentTime);
  let from;
  await until('the video begins', async () => {
    from = await at();
    return page.evaluate(() => window.started !== undefined);
  });
  await until('it has played on', async () => (await at()) > from + seconds, (seconds + 60) * 1000);
  return page.evaluate(() => ({ first: window.started - window.pressed, stalls: window.stalls }));
}
