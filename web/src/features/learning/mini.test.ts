import { expect, it } from 'vitest';
import { isMini } from './mini';

const at = { outside: false, begun: true, closed: false, forced: false };

/** WEB-10 */
it('makes the player small only where it is out of sight and wanted', () => {
  expect(isMini(at)).toBe(false);
  expect(isMini({ ...at, outside: true })).toBe(true);
  expect(isMini({ ...at, outside: true, closed: true })).toBe(false);
  expect(isMini({ ...at, forced: true })).toBe(true);
  expect(isMini({ ...at, outside: true, forced: true, begun: false })).toBe(false);
});
