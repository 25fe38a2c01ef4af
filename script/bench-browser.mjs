// How soon and how smoothly Chromium shows a lesson over bad links: called by script/bench. The link is the browser's own
// emulation (latency and rate of each request), the server is on the same machine.
//   ILMSPACE_BIN=… CHROMIUM_BIN=… TEST_DATABASE_URL=… node script/bench-browser.mjs

import { join } from 'node:path';
import { FAIR, SLOW, watchOver } from '../web/e2e/links.mjs';
import { makeVideo, Product } from '../web/e2e/product.mjs';
import { caller, draft, giveVideo, publish } from '../web/e2e/school.mjs';

const SECONDS = 140;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
/** How long one who has started watches: two minutes are promised. */
const LONG = Number(process.env.SECONDS_EACH ?? 120);

const product = await Product.start();
try {
  const author = await product.visitor();
  await author.register('nodira@example.com', 'Nodira', 'Saidova');
  const file = await makeVideo(join(product.directory, 'film.mp4'), { seconds: SECONDS, size: '1280x720' });
  const { course, modules } = await draft(author, 'Indexes', [['First', ['Why an index']]], 'video');
  const [lesson] = modules[0].lessons;
  await giveVideo(author, course, lesson, file);
  await publish(author, course);

  let people = 0;
  /** One who has seen nothing yet, on a device of their own. */
  const watch = async (link, seconds) => {
    const visitor = await product.visitor();
    people += 1;
    await visitor.register(`student-${people}@example.com`, 'Jamshid', 'Olimov');
    const ask = await caller(visitor);
    await ask('POST', `/courses/${course}/enroll`, undefined, { 'idempotency-key': crypto.randomUUID() });
    const seen = await watchOver(visitor, `/learn/${course}/${lesson}`, link, seconds);
    await visitor.context.close();
    return seen;
  };
  console.log('| link | first picture, median | slowest | stalls |');
  console.log('|---|---|---|---|');
  const links = [['5 Mbit/s, 100 ms', FAIR], ['1.6 Mbit/s, 300 ms', SLOW]];
  for (const [name, link] of links.filter(([name]) => !process.env.ONLY || name === process.env.ONLY)) {
    const firsts = [];
    let stalls = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const long = round === 0;
      const seen = await watch(link, long ? LONG : 4);
      firsts.push(seen.first);
      if (long) stalls = seen.stalls;
    }
    firsts.sort((a, b) => a - b);
    const ms = (number) => `${Math.round(number)} ms`;
    console.log(`| ${name} | ${ms(firsts[Math.floor(ROUNDS / 2)])} | ${ms(firsts.at(-1))} | ${stalls} in ${LONG} s |`);
  }
} finally {
  await product.stop();
}
