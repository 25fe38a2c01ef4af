import { describe, expect, it } from 'vitest';
import { nextOf, shareOf } from './grades';

/** LRN-13 */
describe('a grade', () => {
  it.each([
    ['10', 10, { score_num: 1, score_den: 1 }],
    ['0', 10, { score_num: 0, score_den: 1 }],
    ['7,5', 10, { score_num: 3, score_den: 4 }],
    [' 3.33 ', 10, { score_num: 333, score_den: 1000 }],
    ['0', 0, { score_num: 1, score_den: 1 }],
  ] as const)('%s of %d points is an exact share', (typed, points, share) => {
    expect(shareOf(typed, points)).toEqual(share);
  });

  it.each(['', '11', '-1', '1.234', 'x', '1e1'])('%j is none', (typed) => {
    expect(shareOf(typed, 10)).toBeUndefined();
  });

  it('leads on to the next answer that waits', () => {
    const ids = ['a', 'b', 'c'];
    expect(nextOf(ids, 'a', new Set())).toBe('b');
    expect(nextOf(ids, 'a', new Set(['b']))).toBe('c');
    expect(nextOf(ids, 'c', new Set(['b']))).toBe('a');
    expect(nextOf(ids, 'b', new Set(['a', 'c']))).toBeUndefined();
  });
});
