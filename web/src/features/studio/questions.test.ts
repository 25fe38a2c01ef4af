import { describe, expect, it } from 'vitest';
import { afterSave, type Row, rowsOf, toSend } from './questions';

const row = (key: string, wording: string, id?: string): Row => ({
  key,
  wording,
  options: ['yes', 'no'],
  right: 0,
  ...(id ? { id } : {}),
});

/** LRN-06 */
describe('questions that are edited while they are saved', () => {
  it('are the saved ones when nothing was typed meanwhile, under the keys that they had', () => {
    const sent = [row('new', ' Why? ')];
    const fresh = toSend(sent).map((question) => ({ ...question, id: 'q1' }));
    expect(fresh[0]?.wording).toBe('Why?');
    expect(afterSave(sent, sent, fresh)).toBeUndefined();
    expect(rowsOf(fresh, new Map([['q1', 'new']]))).toEqual([row('new', 'Why?', 'q1')]);
  });

  it('keep what was typed meanwhile and learn their ids, so that no question is made twice', () => {
    const sent = [row('a', 'One', 'q1'), row('b', 'Two')];
    const now = [row('b', 'Two, changed'), row('c', 'Three'), row('a', 'One', 'q1')];
    const fresh = [row('', 'One', 'q1'), row('', 'Two', 'q2')];
    expect(afterSave(now, sent, fresh)).toEqual([
      row('b', 'Two, changed', 'q2'),
      row('c', 'Three'),
      row('a', 'One', 'q1'),
    ]);
  });
});
