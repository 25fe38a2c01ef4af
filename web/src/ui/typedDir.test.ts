import { expect, it } from 'vitest';
import { typedDir } from './typedDir';

it('leaves an empty field to the page and a filled one to its words', () => {
  expect(typedDir('')).toBeUndefined();
  expect(typedDir(null)).toBeUndefined();
  expect(typedDir('שלום')).toBe('auto');
  expect(typedDir('hello')).toBe('auto');
});
