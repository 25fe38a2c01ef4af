import { describe, expect, it } from 'vitest';
import { compare, differs } from './compare';

const told = (before: string[], after: string[]) =>
  compare(before, after).map(({ kind, text }) => ({ same: ' ', gone: '-', new: '+' })[kind] + text);

/** CRS-39 */
describe('two versions of a task', () => {
  it('are told apart line by line', () => {
    expect(told(['a', 'b', 'c'], ['a', 'x', 'c', 'd'])).toEqual([' a', '-b', '+x', ' c', '+d']);
    expect(told([], ['a'])).toEqual(['+a']);
    expect(told(['a'], [])).toEqual(['-a']);
    expect(told(['a', 'a'], ['a'])).toEqual([' a', '-a']);
  });

  it('are the same when nothing was changed', () => {
    expect(differs(compare(['a', 'b'], ['a', 'b']))).toBe(false);
    const many = Array.from({ length: 500 }, (_line, n) => String(n));
    expect(differs(compare(many, many))).toBe(false);
    expect(differs(compare(many, [...many, 'x']))).toBe(true);
  });

  it('give both back, whatever they are', () => {
    const words = ['a', 'b', 'c'];
    for (let n = 0; n < 81; n++) {
      const before = [n % 3, Math.floor(n / 3) % 3].map((at) => words[at] ?? '');
      const after = [Math.floor(n / 9) % 3, Math.floor(n / 27) % 3].map((at) => words[at] ?? '');
      const lines = compare(before, after);
      expect(lines.filter(({ kind }) => kind !== 'new').map(({ text }) => text)).toEqual(before);
      expect(lines.filter(({ kind }) => kind !== 'gone').map(({ text }) => text)).toEqual(after);
    }
  });
});
