import { describe, expect, it } from 'vitest';
import { firstLevel, rungName, rungsOf } from './rungs';

const levels = [
  { width: 426, height: 240, bitrate: 300_000 },
  { width: 640, height: 360, bitrate: 700_000 },
  { width: 854, height: 480, bitrate: 1_200_000 },
  { width: 1280, height: 720, bitrate: 2_500_000 },
];

/** MED-10 */
describe('the rungs of a stream', () => {
  it('are named by the shorter side, so that an upright video is not called 1280p', () => {
    const upright = levels.map((level) => ({ ...level, width: level.height, height: level.width }));
    expect(rungsOf(upright).map((rung) => rung.height)).toEqual([720, 480, 360, 240]);
    expect(rungsOf([{ width: 0, height: 0, bitrate: 96_000 }])).toEqual([]);
    expect(rungName(0)).toBe('audio');
    expect(rungName(720)).toBe('720p');
  });

  it('begin with the lowest on a link that nobody has measured, or that is slow', () => {
    expect(firstLevel(levels, undefined)).toBe(0);
    expect(firstLevel(levels, 600_000)).toBe(0);
    expect(firstLevel([...levels].reverse(), undefined)).toBe(3);
    expect(firstLevel([], 1e9)).toBe(0);
  });

  it('begin higher on a link that was fast, but never with a picture that would be waited for', () => {
    expect(firstLevel(levels, 2_000_000)).toBe(1);
    expect(firstLevel(levels, 50_000_000)).toBe(2);
  });
});
