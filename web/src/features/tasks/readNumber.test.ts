import { describe, expect, it } from 'vitest';
import { readNumber, showNumber } from './readNumber';

/** LRN-16 */
describe('a number that is being typed', () => {
  it.each([
    ['0,5', 'ru', ['0.5']],
    [' .5 ', 'ru', ['0.5']],
    ['5.', 'ru', ['5']],
    ['1/2', 'ru', ['1/2']],
    ['½', 'ru', ['1/2']],
    ['1½', 'ru', ['1 1/2']],
    ['1 1/2', 'ru', ['1 1/2']],
    ['3/0', 'ru', []],
    ['−12', 'ru', ['-12']],
    ['--12', 'ru', []],
    ['1\u00a0234,5', 'ru', ['1234.5']],
    ['1\u202f234\u202f567', 'ru', ['1234567']],
    ['12 34', 'ru', []],
    ["1'000", 'ru', ['1000']],
    ['1.234,56', 'ru', ['1234.56']],
    ['1,234.56', 'ru', ['1234.56']],
    ['1,234', 'ru', ['1.234']],
    ['1,234', 'en', ['1.234', '1234']],
    ['1.234', 'en', ['1.234']],
    ['1,234,567', 'ru', ['1234567']],
    ['x = 7', 'ru', ['7']],
    ['１２', 'ru', ['12']],
    ['двенадцать', 'ru', []],
    ['25%', 'ru', []],
    ['5 км', 'ru', []],
    ['', 'ru', []],
    ['1'.repeat(65), 'ru', []],
  ] as const)('%s in %s is read as %j', (typed, locale, readings) => {
    expect(readNumber(typed, locale)).toEqual(readings);
  });

  it('is said back as the language writes it', () => {
    expect(showNumber('-1234567.5', 'ru')).toBe('−1\u00a0234\u00a0567,5');
    expect(showNumber('1234.5', 'en')).toBe('1234.5');
    expect(showNumber('12345', 'he')).toBe('12,345');
    expect(showNumber('1 1/2', 'uz')).toBe('1\u00a01/2');
  });
});
