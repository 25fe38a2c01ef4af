import { expect, it } from 'vitest';
import { edgeSpeed } from './edge';

/** CRS-01 */
it('scrolls only near an edge, faster the nearer, and on beyond it', () => {
  expect(edgeSpeed(300, 16, 600)).toBe(0);
  expect(edgeSpeed(560, 16, 600)).toBeGreaterThan(0);
  expect(edgeSpeed(590, 16, 600)).toBeGreaterThan(edgeSpeed(560, 16, 600));
  expect(edgeSpeed(900, 16, 600)).toBe(edgeSpeed(600, 16, 600));
  expect(edgeSpeed(16, 16, 600)).toBe(-edgeSpeed(600, 16, 600));
  expect(edgeSpeed(58, 16, 100)).toBe(0);
});
