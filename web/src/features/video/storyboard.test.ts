import { describe, expect, it } from 'vitest';
import { previewPlace, type Storyboard, tileAt } from './storyboard';

const board: Storyboard = {
  urls: ['a', 'b'],
  tile_width: 160,
  tile_height: 90,
  columns: 10,
  rows: 10,
  interval_s: 2,
  count: 130,
};

/** MED-09 */
describe('the pictures over the seek bar', () => {
  it('are found in their sheet, row and column', () => {
    expect(tileAt(board, 0)).toEqual({ sheet: 0, x: 0, y: 0 });
    expect(tileAt(board, 1.99)).toEqual({ sheet: 0, x: 0, y: 0 });
    expect(tileAt(board, 25)).toEqual({ sheet: 0, x: 320, y: 90 });
    expect(tileAt(board, 200)).toEqual({ sheet: 1, x: 0, y: 0 });
  });

  it('end with the last one', () => {
    expect(tileAt(board, 99_999)).toEqual({ sheet: 1, x: 9 * 160, y: 2 * 90 });
  });

  it('are left out where there is none', () => {
    expect(tileAt({ ...board, count: 0 }, 5)).toBeUndefined();
    expect(tileAt({ ...board, interval_s: 0 }, 5)).toBeUndefined();
    expect(tileAt({ ...board, urls: ['a'] }, 250)).toBeUndefined();
    expect(tileAt(board, Number.NaN)).toBeUndefined();
  });

  it('stay within the bar', () => {
    expect(previewPlace(10, 500, 160)).toBe(80);
    expect(previewPlace(250, 500, 160)).toBe(250);
    expect(previewPlace(490, 500, 160)).toBe(420);
    expect(previewPlace(10, 100, 160)).toBe(50);
  });
});
