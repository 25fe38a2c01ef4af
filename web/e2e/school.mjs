// Prepares courses over the API, for tests that are not about making them.

import assert from 'node:assert/strict';

export const paragraph = (text) => ({
  type: 'doc',
  content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
});

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

/** A draft with modules of text lessons: `{ course, modules: [{ id, lessons: [id] }] }`. */
export async function draft(visitor, title, shape = [['Introduction', ['First step']]]) {
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
        { title: lesson, kind: 'text' },
        once(),
      );
      made.push(answer.id);
    }
    modules.push({ id: module.id, lessons: made });
  }
  return { course: id, modules };
}

/** A free course that anybody can join, in the top category of this number. */
export async function published(visitor, title, top = 0) {
  const ask = await caller(visitor);
  const { course, modules } = await draft(visitor, title);
  const [lesson] = modules[0].lessons;
  await ask(
    'PATCH',
    `/studio/lessons/${lesson}`,
    { body: paragraph('An index is like a table of contents.') },
    { 'if-match': '*' },
  );
  await ask('POST', `/studio/lessons/${lesson}/submit`);
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
  return { course, lesson, category: above };
}
