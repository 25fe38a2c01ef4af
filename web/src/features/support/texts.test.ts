import { expect, it } from 'vitest';
import { half, moved, trimmed, wordsIn } from './texts';

/** MSG-11, LOC-01 */
it('shows a question in the reader’s language, else in one that is there', () => {
  expect(wordsIn({ ru: 'Как?', he: 'איך?' }, 'he')).toEqual({ text: 'איך?', locale: 'he' });
  expect(wordsIn({ ru: 'Как?', he: ' ' }, 'he')).toEqual({ text: 'Как?', locale: 'ru' });
  expect(wordsIn({ en: 'How?' }, 'uz')).toEqual({ text: 'How?', locale: 'en' });
  expect(wordsIn({}, 'uz')).toEqual({ text: '', locale: 'uz' });
});

it('keeps only the languages that hold words', () => {
  expect(trimmed({ ru: ' Как? ', en: '  ' })).toEqual({ ru: 'Как?' });
});

it('finds a question without its answer', () => {
  expect(half({ ru: 'Как?', en: 'How?' }, { ru: 'Так.' })).toEqual(['en']);
  expect(half({ ru: 'Как?' }, { ru: 'Так.' })).toEqual([]);
});

it('moves an entry by one place and stays at the ends', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
});
