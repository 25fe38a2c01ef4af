import { describe, expect, it } from 'vitest';
import { beside, deedOf, fill, isLate, waited } from './rules';

const now = Date.parse('2026-11-21T12:00:00Z');
const free = false;

describe('a wait', () => {
  it('is told in red from half an hour on', () => {
    expect(isLate(waited('2026-11-21T11:30:01Z', now))).toBe(false);
    expect(isLate(waited('2026-11-21T11:30:00Z', now))).toBe(true);
    expect(isLate(waited(null, now))).toBe(false);
  });

  it('is never negative, whatever the clock of this computer says', () => {
    expect(waited('2026-11-21T12:05:00Z', now)).toBe(0);
    expect(waited('nonsense', now)).toBeUndefined();
  });
});

describe('the keys of the desk', () => {
  it('are told by their place, so that they work in every layout', () => {
    expect(deedOf({ key: 'о', code: 'KeyJ' }, free)).toBe('next');
    expect(deedOf({ key: 'k', code: 'KeyK' }, free)).toBe('previous');
    expect(deedOf({ key: 'ק', code: 'KeyE' }, free)).toBe('resolve');
  });

  it('leave alone what is typed, and what the browser uses', () => {
    expect(deedOf({ key: 'j', code: 'KeyJ' }, true)).toBeUndefined();
    expect(deedOf({ key: 'e', code: 'KeyE', ctrlKey: true }, free)).toBeUndefined();
    expect(deedOf({ key: '/' }, true)).toBeUndefined();
  });

  it('open the templates from anywhere but a field', () => {
    expect(deedOf({ key: '/' }, free)).toBe('templates');
  });
});

it('goes to the neighbour of what is open, and stays at the ends', () => {
  const rows = [{ room_id: 'a' }, { room_id: 'b' }];
  expect(beside(rows, 'a', 1)?.room_id).toBe('b');
  expect(beside(rows, 'b', 1)).toBeUndefined();
  expect(beside(rows, undefined, 1)?.room_id).toBe('a');
  expect(beside(rows, 'gone', -1)?.room_id).toBe('a');
  expect(beside([], undefined, 1)).toBeUndefined();
});

it('puts the first name into a template', () => {
  expect(fill('{name}, покажите план. {name}?', { name: 'Сардор Мирзаев' })).toBe(
    'Сардор, покажите план. Сардор?',
  );
});
