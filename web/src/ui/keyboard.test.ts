import { expect, it } from 'vitest';
import { covered } from './keyboard';

/** screens, 65 */
it('tells a keyboard from the bars of the browser and from a zoomed page', () => {
  expect(covered(844, 508, 1)).toBe(336);
  expect(covered(844, 760, 1)).toBe(0);
  expect(covered(844, 422, 2)).toBe(0);
  expect(covered(508, 508, 1)).toBe(0);
});
