import { describe, expect, it } from 'vitest';
import { count, joinUnit, lackOf, letter, moved, paired, splitUnit, startAnswer, toggled } from './answer';

const options = ['a', 'b', 'c'].map((id) => ({ id, text: id }));

/** LRN-16 */
describe('an answer', () => {
  it('begins with a draft of the right shape and leaves out what a new version has taken away', () => {
    expect(startAnswer({ kind: 'choice', body: { options } }, 'b')).toBe('b');
    expect(startAnswer({ kind: 'choice', body: { options } }, 'gone')).toBe('');
    expect(startAnswer({ kind: 'choices', body: { options } }, ['c', 'gone'])).toEqual(['c']);
    expect(startAnswer({ kind: 'order', body: { items: options } }, ['c', 'a', 'b'])).toEqual([
      'c',
      'a',
      'b',
    ]);
    expect(startAnswer({ kind: 'order', body: { items: options } }, ['c', 'c', 'b'])).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(startAnswer({ kind: 'number', body: { unit: 'none', units: [] } }, { files: [] })).toBe('');
    expect(startAnswer({ kind: 'file', body: { max_files: 1, max_mb: 1, types: [] } }, null)).toEqual({
      files: [],
      text: '',
    });
    const body = { left: [{ id: 'l', text: 'l' }], right: options, reuse: false };
    expect(startAnswer({ kind: 'match', body }, { l: 'b', x: 'a' })).toEqual({ l: 'b' });
  });

  it('says what is missing before it is sent', () => {
    expect(lackOf({ kind: 'number', body: { unit: 'none', units: [] } }, '  ', true)).toBe('empty');
    expect(lackOf({ kind: 'number', body: { unit: 'required', units: ['km', 'm'] } }, '5', true)).toBe(
      'unit',
    );
    expect(lackOf({ kind: 'number', body: { unit: 'required', units: ['km', 'm'] } }, '5 km', true)).toBe(
      undefined,
    );
    expect(
      lackOf({ kind: 'number', body: { unit: 'required', units: ['km'] } }, '5 км', true),
    ).toBeUndefined();
    expect(lackOf({ kind: 'choices', body: { options, pick: 2 } }, ['a'], true)).toBe('pick');
    expect(lackOf({ kind: 'order', body: { items: options } }, ['a', 'b', 'c'], false)).toBe('unmoved');
    expect(lackOf({ kind: 'free', body: { max_chars: 3 } }, 'four', true)).toBe('long');
    const body = { left: options, right: options, reuse: true };
    expect(lackOf({ kind: 'match', body }, { a: 'a', b: 'a' }, true)).toBe('pairs');
    expect(lackOf({ kind: 'match', body }, { a: 'a', b: 'a', c: 'b' }, true)).toBeUndefined();
  });

  it('is moved, ticked and paired', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b'], 7, 0)).toEqual(['a', 'b']);
    expect(toggled(['c'], 'a', options)).toEqual(['a', 'c']);
    expect(toggled(['a', 'c'], 'a', options)).toEqual(['c']);
    expect(paired({ l1: 'r1' }, 'l2', 'r1', false)).toEqual({ l2: 'r1' });
    expect(paired({ l1: 'r1' }, 'l2', 'r1', true)).toEqual({ l1: 'r1', l2: 'r1' });
    expect(paired({ l1: 'r1' }, 'l1', undefined, true)).toEqual({});
  });

  it('keeps number and unit apart', () => {
    expect(splitUnit('5 km', ['m', 'km'])).toEqual({ number: '5', unit: 'km' });
    expect(splitUnit('5 km/h', ['m', 'km'])).toEqual({ number: '5 km/h', unit: '' });
    expect(joinUnit('5', 'km')).toBe('5 km');
    expect(joinUnit('5', '')).toBe('5');
  });

  it('counts what people see, and names pairs by letters', () => {
    expect(count(' ʻ😀 ')).toBe(2);
    expect([0, 25, 26, 27].map(letter)).toEqual(['A', 'Z', 'AA', 'AB']);
  });
});
