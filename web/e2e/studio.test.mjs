// The builder and the uploads when things go wrong: moves by hand and keyboard, a dead link, two windows, a wrong file, a
// browser that was closed in the middle. CRS-01 TCH-04 MED-02 MED-19 WEB-01 WEB-11

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dropFiles, makeVideo, Product, until } from './product.mjs';
import { draft } from './school.mjs';

let product;
let author;
let made;

before(async () => {
  product = await Product.start();
  author = await product.visitor();
  await author.register('shahlo@example.com', 'Shahlo', 'Ergasheva');
  made = await draft(author, 'Plans and indexes', [
    ['First', ['A', 'B', 'C']],
    ['Second', ['D']],
  ]);
  await author.page.goto(`/studio/courses/${made.course}`);
});
after(() => product?.stop());

const tree = () =>
  author.page
    .locator('[data-module]')
    .evaluateAll((modules) =>
      modules.map((module) =>
        [...module.querySelectorAll('[data-lesson] [data-name]')]
          .map((row) => row.textContent.slice(-1))
          .join(''),
      ),
    );
const stored = async () => {
  const { modules } = await product.call(`/studio/courses/${made.course}`, {
    headers: { authorization: `Bearer ${await author.token()}` },
  });
  return modules.map((module) => module.lessons.map((lesson) => lesson.title).join(''));
};
const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);
const row = (name) =>
  author.page.locator(`[data-name]`, { hasText: new RegExp(`: ?${name}$|^${name}$`) }).first();

test('a lesson moves by Alt and arrows, over the edge of its module too, and Undo takes it back', async () => {
  const { page } = author;
  await row('C').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await until('it is moved', async () => same(await tree(), ['ACB', 'D']));
  // Faster than the page is drawn; the third is pressed where the second has led.
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('Alt+ArrowDown');
  await until('it is last in the next module', async () => same(await tree(), ['AB', 'DC']));
  await until('the server knows', async () => same(await stored(), ['AB', 'DC']));
  await page.getByRole('button', { name: 'Undo' }).click();
  await until('the last step is taken back', async () => same(await stored(), ['AB', 'CD']));
  await row('C').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await until('it is where it began', async () => same(await stored(), ['ABC', 'D']));
});

test('a lesson moves by its menu', async () => {
  const { page } = author;
  await page.getByRole('button', { name: 'Actions with “A”' }).click();
  await page.getByRole('menuitem', { name: 'Move down' }).click();
  await until('it is moved', async () => same(await stored(), ['BAC', 'D']));
});

test('a lesson is dragged into another module', async () => {
  const { page } = author;
  const grip = page.locator('[data-lesson]', { hasText: 'B' }).locator('[title^="Drag"]').first();
  const from = await grip.boundingBox();
  const to = await page.locator('[data-lesson]', { hasText: 'D' }).boundingBox();
  await page.mouse.move(from.x + 8, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 8, from.y + 40, { steps: 4 });
  await page.mouse.move(from.x + 8, to.y + to.height - 4, { steps: 8 });
  await page.mouse.up();
  await until('it is moved', async () => same(await stored(), ['AC', 'DB']));
});

test('what is typed without a network is kept, through a reload too, and saved when it is back', async () => {
  const { page, context } = author;
  await row('A').click();
  const field = page.getByLabel('Name of the lesson');
  await field.waitFor();
  await context.setOffline(true);
  await field.fill('A, named offline');
  await page.locator('[data-saving=offline]').waitFor();
  await context.setOffline(false);
  await page.locator('[data-saving=saved]').waitFor({ timeout: 60_000 });
  assert.ok((await stored())[0].includes('A, named offline'));
});

test('two windows that change the same lesson: the second is asked, and nothing is overwritten unseen', async () => {
  const { page } = author;
  const other = await author.context.newPage();
  await other.goto(page.url());
  await other.getByLabel('Name of the lesson').fill('From the other window');
  await other.locator('[data-saving=saved]').waitFor();
  await page.getByLabel('Name of the lesson').fill('From this window');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.ok((await stored())[0].includes('From the other window'));
  await dialog.getByRole('button', { name: 'Keep my text' }).click();
  await dialog.waitFor({ state: 'detached' });
  await until('mine is there', async () => (await stored())[0].includes('From this window'));
  await other.close();
});

test('a text file that is called a video is refused in words', async () => {
  const { page } = author;
  const file = join(product.directory, 'Not a film.mp4');
  await writeFile(file, 'This is only text.\n'.repeat(1000));
  await page.goto(`/studio/courses/${made.course}`);
  await dropFiles(page, page.locator('[data-drop]').last(), [file]);
  await page.locator('[data-upload=failed]').getByText('This file is not a video.').waitFor();
  await author.picture('upload-refused-1280');
  assert.deepEqual(await author.accessibility(), []);
});

test('an upload goes on after the browser was closed, from where it was, with the same file', async () => {
  const file = await makeVideo(join(product.directory, 'A long talk.mp4'), { seconds: 30, size: '640x360' });
  // A narrow link, so that there is a middle, on a busy machine too.
  const slow = async (page, on) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: on ? 40_000 : -1,
    });
  };
  const first = await author.context.newPage();
  await first.goto(`/studio/courses/${made.course}`);
  await first.locator('[data-drop]').last().waitFor();
  await slow(first, true);
  await dropFiles(first, first.locator('[data-drop]').last(), [file]);
  const part = first.locator('[data-upload=uploading]', { hasText: 'A long talk' });
  await part.getByText(/Uploading [1-9]\d?%/).waitFor();
  await first.getByRole('link', { name: /file uploading/ }).waitFor();
  // Another page of the product: the upload goes on, the sign in the header tells so.
  await first.getByRole('link', { name: 'Catalogue' }).first().click();
  await first.getByRole('link', { name: /file uploading/ }).waitFor();
  await first.close({ runBeforeUnload: false });

  const { page } = author;
  await page.goto(`/studio/courses/${made.course}`);
  const left = page.locator('[data-upload=file]', { hasText: 'A long talk' });
  await left.getByText(/Choose the file \u2068A long talk\.mp4\u2069 again/).waitFor();
  const choose = async (path) => {
    const choosing = page.waitForEvent('filechooser');
    await left.getByRole('button', { name: 'Choose the file again' }).click();
    await (await choosing).setFiles(path);
  };
  await choose(join(product.directory, 'Not a film.mp4'));
  await left.getByText(/This is another file/).waitFor();
  await choose(file);
  await page.locator('[data-upload=ready]', { hasText: 'A long talk' }).waitFor({ timeout: 600_000 });
});

test('nothing was against the policy of the page', () => {
  assert.deepEqual(
    author.complaints.filter((text) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(text)),
    [],
  );
});
