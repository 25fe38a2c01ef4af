// Prepares courses over the API, for tests that are not about making them; and steps of one walk.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { until } from './product.mjs';

export const paragraph = (text) => ({
  type: 'doc',
  content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
});

/**
 * A `test` for steps that stand on each other: after one has failed the rest would only wait in vain, so they fail at once.
 * Of those people that are there by then a picture is kept, under `name`.
 */
export function steps(name, people) {
  let broken;
  return (title, work) =>
    test(title, async () => {
      assert.equal(broken, undefined, `not tried, since this failed before: ${broken}`);
      try {
        await work();
      } catch (error) {
        broken = title;
        for (const [who, visitor] of Object.entries(people())) {
          await visitor?.picture(`${name}-failed-${who}`).catch(() => undefined);
        }
        throw error;
      }
    });
}

/** Calls as this person. */
export async function caller(visitor) {
  const token = await visitor.token();
  return (method, path, body, headers = {}) =>
    visitor.product.call(path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-ilm-request': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** A draft with modules of lessons, of texts unless said: `{ course, modules: [{ id, lessons: [id] }] }`. */
export async function draft(visitor, title, shape = [['Introduction', ['First step']]], kind = 'text') {
  const ask = await caller(visitor);
  const once = () => ({ 'idempotency-key': crypto.randomUUID() });
  const { id } = await ask('POST', '/studio/courses', { title, language: 'en' }, once());
  const modules = [];
  for (const [name, lessons] of shape) {
    const module = await ask('POST', `/studio/courses/${id}/modules`, { title: name }, once());
    const made = [];
    for (const lesson of lessons) {
      const answer = await ask(
        'POST',
        `/studio/modules/${module.id}/lessons`,
        { title: lesson, kind },
        once(),
      );
      made.push(answer.id);
    }
    modules.push({ id: module.id, lessons: made });
  }
  return { course: id, modules };
}

/** Sends a file as a video and gives it to a lesson; resolves with the lesson's video once it is ready. */
export async function giveVideo(visitor, course, lesson, file) {
  const token = await visitor.token();
  const bytes = readFileSync(file);
  const headers = {
    authorization: `Bearer ${token}`,
    'x-ilm-request': '1',
    'tus-resumable': '1.0.0',
  };
  const word = (text) => Buffer.from(text).toString('base64');
  const made = await fetch(`${visitor.product.base}/api/v1/uploads`, {
    method: 'POST',
    headers: {
      ...headers,
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${word(basename(file))},filetype ${word('video/mp4')},purpose ${word('video')}`,
    },
  });
  assert.equal(made.status, 201, await made.text());
  const url = new URL(made.headers.get('location'), visitor.product.base);
  const sent = await fetch(url, {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: bytes,
  });
  assert.equal(sent.status, 204, await sent.text());
  const ask = await caller(visitor);
  await ask('PUT', `/studio/lessons/${lesson}/video`, { upload_id: url.pathname.split('/').at(-1) });
  return until(
    'the video is ready',
    async () => {
      const { modules } = await ask('GET', `/studio/courses/${course}`);
      const { video } = modules.flatMap((module) => module.lessons).find(({ id }) => id === lesson);
      assert.notEqual(video?.state, 'failed', JSON.stringify(video?.error));
      return video?.state === 'ready' && video;
    },
    300_000,
  );
}

/** A free course that anybody can join, in the top category of this number. */
export async function published(visitor, title, top = 0) {
  const { course, modules } = await draft(visitor, title);
  const [lesson] = modules[0].lessons;
  const ask = await caller(visitor);
  await ask(
    'PATCH',
    `/studio/lessons/${lesson}`,
    { body: paragraph('An index is like a table of contents.') },
    { 'if-match': '*' },
  );
  await ask('POST', `/studio/lessons/${lesson}/submit`);
  return { course, lesson, category: await publish(visitor, course, top) };
}

/** An author with a published course of one lesson, and a student who has joined it. */
export async function classroom(product) {
  const author = await product.visitor();
  await author.register('dilnoza@example.com', 'Dilnoza', 'Karimova');
  const { course, lesson } = await published(author, 'Indexes from the inside');
  const student = await product.visitor();
  await student.register('malika@example.com', 'Malika', 'Yusupova');
  await (await caller(student))('POST', `/courses/${course}/enroll`);
  return { author, student, course, lesson };
}

/** Fills in what a course needs, and publishes it. Its lessons are ready. */
export async function publish(visitor, course, top = 0) {
  const ask = await caller(visitor);
  const { items } = await ask('GET', '/categories');
  const above = items.filter((category) => !category.parent_id)[top];
  const category = items.find(({ parent_id }) => parent_id === above.id) ?? above;
  const change = {
    subtitle: 'Why a query becomes two hundred times faster',
    description: paragraph('What happens inside, step by step.'),
    category_id: category.id,
    level: 'beginner',
    learn: ['Choose an index', 'Read a plan'],
    requirements: ['A little SQL'],
  };
  await ask('PATCH', `/studio/courses/${course}`, change, { 'if-match': '*' });
  const answer = await ask('POST', `/studio/courses/${course}/publish`);
  assert.equal(answer.state, 'published');
  return above;
}
