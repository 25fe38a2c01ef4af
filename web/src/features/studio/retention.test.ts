import { describe, expect, it } from 'vitest';
import { curve, paths, rows, steepest } from './retention';

/** MED-20 */
describe('the curve of who was still watching', () => {
  const points = curve({ bucket_s: 5, views: [10, 10, 4, 3] });

  it('is in hundredths of the most viewings', () => {
    expect(points).toEqual([
      { at: 0, percent: 100 },
      { at: 5, percent: 100 },
      { at: 10, percent: 40 },
      { at: 15, percent: 30 },
    ]);
    expect(curve({ bucket_s: 5, views: [] })).toEqual([]);
    expect(curve({ bucket_s: 5, views: [0, 0] })).toEqual([]);
  });

  it('fills its box', () => {
    expect(paths(points, 300, 100)).toEqual({
      line: 'M0 0L100 0L200 60L300 70',
      area: 'M0 0L100 0L200 60L300 70L300 100L0 100Z',
    });
    expect(paths([], 300, 100).line).toBe('');
  });

  it('shows where most left, if it is worth a look', () => {
    expect(steepest(points)).toEqual({ at: 10, lost: 60 });
    expect(steepest(curve({ bucket_s: 5, views: [100, 99, 98] }))).toBeUndefined();
  });

  it('is a table of bounded length too', () => {
    const long = curve({ bucket_s: 5, views: Array.from({ length: 2000 }, () => 1) });
    expect(rows(long, 24).length).toBeLessThanOrEqual(24);
    expect(rows(points, 24)).toEqual(points);
  });
});
