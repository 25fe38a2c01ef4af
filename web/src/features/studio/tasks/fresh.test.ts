import { describe, expect, it } from 'vitest';
import { taskKinds } from '~/features/tasks/contract';
import { freshTask, inOrder, withItems, withOptions, withRight, withSides } from './fresh';

const items = ['a', 'b', 'c'].map((id) => ({ id, text: id }));

describe('a task that is edited', () => {
  it.each(taskKinds)('begins with a body and a key that fit together: %s', (kind) => {
    const task = freshTask(kind);
    const text = JSON.stringify(task.body);
    const key = task.key as { right?: string[]; order?: string[]; pairs?: Record<string, string> };
    for (const id of [
      ...(key.right ?? []),
      ...(key.order ?? []),
      ...Object.entries(key.pairs ?? {}).flat(),
    ]) {
      expect(text).toContain(id);
    }
  });

  it('forgets in its key what is taken out of its body', () => {
    const choice = {
      body: { options: items, pick: null },
      key: { right: ['a', 'c'], method: 'weights' as const, weights: { a: '0.5', c: '0.5' } },
    };
    const next = withOptions(choice, items.slice(0, 2));
    expect(next.key).toEqual({ right: ['a'], method: 'weights', weights: { a: '0.5' } });
    const match = {
      body: { left: items, right: items, reuse: false },
      key: { pairs: { a: 'b', b: 'a' }, reuse: false },
    };
    expect(withSides(match, { right: items.slice(1) }).key.pairs).toEqual({ a: 'b' });
    expect(withSides(match, { left: items.slice(1) }).key.pairs).toEqual({ b: 'a' });
  });

  it('takes the order of the rows as the key', () => {
    expect(inOrder(items, ['c', 'a']).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(withItems(inOrder(items, ['c', 'a', 'b']), { order: [], method: 'longest' }).key).toEqual({
      order: ['c', 'a', 'b'],
      method: 'longest',
    });
  });

  it('has one right option, or several', () => {
    const key = { right: ['a'], method: 'exact' as const };
    expect(withRight(key, 'b', false).right).toEqual(['b']);
    expect(withRight(key, 'b', true).right).toEqual(['a', 'b']);
    expect(withRight(key, 'a', true).right).toEqual([]);
  });
});
