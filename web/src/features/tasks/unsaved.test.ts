import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './unsaved';

/** LRN-16 */
describe('what was typed and has not reached the server', () => {
  const stored = new Map<string, string>();
  beforeEach(() => {
    stored.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('is kept for one person and one task, with the time', () => {
    keepUnsaved('ann', 't1', 'x = 2', 7);
    expect(readUnsaved('ann', 't1')).toEqual({ answer: 'x = 2', at: 7 });
    expect(readUnsaved('sam', 't1')).toBeUndefined();
    expect(readUnsaved('ann', 't2')).toBeUndefined();
    forgetUnsaved('ann', 't1');
    expect(readUnsaved('ann', 't1')).toBeUndefined();
  });

  it('is nothing where something else lies in its place', () => {
    for (const odd of ['', '[]', '{"at":1}', 'null', '{"answer":"a"}', '{']) {
      stored.set('ilm.answer.ann.t1', odd);
      expect(readUnsaved('ann', 't1')).toBeUndefined();
    }
  });
});
