import { expect, it } from 'vitest';
import { nearEnd } from './warm';

/** MED-09 */
it('makes the next lesson ready towards the end of this one', () => {
  expect(nearEnd(0, 1200)).toBe(false);
  expect(nearEnd(300, 1200)).toBe(false);
  expect(nearEnd(850, 1200)).toBe(true);
  expect(nearEnd(10, 60)).toBe(true);
  expect(nearEnd(10, 0)).toBe(false);
});
