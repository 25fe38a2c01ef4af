import { describe, expect, it } from 'vitest';
import { localMoment, momentOf } from './moment';

/** LRN-18 */
describe('the opening time of a topic', () => {
  it.each([
    ['2026-11-24T04:00:00.000Z', 'Asia/Tashkent', '2026-11-24T09:00'],
    ['2026-11-23T22:30:00.000Z', 'Asia/Jerusalem', '2026-11-24T00:30'],
    ['2026-07-01T00:15:00.000Z', 'America/New_York', '2026-06-30T20:15'],
    ['2027-01-01T00:00:00.000Z', 'UTC', '2027-01-01T00:00'],
  ])('%s in %s is %s, there and back', (at, zone, local) => {
    expect(localMoment(at, zone)).toBe(local);
    expect(momentOf(local, zone)).toBe(at);
  });

  it('is a moment also in the hour that summer time leaves out', () => {
    const at = momentOf('2026-03-29T02:30', 'Europe/Berlin');
    expect(at === null ? '' : localMoment(at, 'Europe/Berlin')).toMatch(/^2026-03-29T0[13]:30$/);
  });

  it('is nothing where nothing is given', () => {
    expect(momentOf('', 'UTC')).toBeNull();
    expect(localMoment('soon', 'UTC')).toBe('');
  });
});
