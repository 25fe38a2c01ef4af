import { describe, expect, it } from 'vitest';
import {
  compact,
  failedWith,
  type Look,
  looked,
  nothingSeen,
  pieces,
  pressed,
  reportOf,
  shown,
  stalled,
  type Viewing,
  worthTelling,
} from './viewing';

const look = (now: number, position: number, more: Partial<Look> = {}): Look => ({
  now,
  position,
  rate: 1,
  playing: true,
  rung: '360p',
  ...more,
});
function play(viewing: Viewing, start: number, from: number, seconds: number, rung = '360p'): Viewing {
  let now = viewing;
  for (let step = 0; step <= seconds * 4; step++) {
    now = looked(now, look(start + step * 250, from + step / 4, { rung }));
  }
  return now;
}

/** MED-20 */
describe('what a viewing was like', () => {
  it('counts the start from the press to the first picture, once', () => {
    let viewing = shown(pressed(nothingSeen, 1_000), 1_850);
    expect(reportOf(viewing, 2_000)).toMatchObject({ start_ms: 850, stalls: 0, stall_ms: 0 });
    viewing = shown(pressed(viewing, 9_000), 9_900);
    expect(reportOf(viewing, 10_000).start_ms).toBe(850);
  });

  it('does not count waiting for the first picture as a stall', () => {
    const viewing = shown(stalled(pressed(nothingSeen, 0), 100), 900);
    expect(reportOf(viewing, 1_000)).toMatchObject({ start_ms: 900, stalls: 0, stall_ms: 0 });
  });

  it('counts stalls and how long they took, also the one that is not over', () => {
    let viewing = shown(pressed(nothingSeen, 0), 500);
    viewing = stalled(stalled(viewing, 10_000), 10_500);
    viewing = shown(viewing, 12_000);
    viewing = stalled(viewing, 20_000);
    expect(reportOf(viewing, 23_000)).toMatchObject({ stalls: 2, stall_ms: 5_000 });
  });

  it('knows for how long each rung was shown, and not the time that the page slept', () => {
    let viewing = play(nothingSeen, 0, 0, 10);
    viewing = play(viewing, 10_250, 10.25, 4, '720p');
    viewing = looked(viewing, look(14_500, 14.5, { playing: false }));
    viewing = looked(viewing, look(900_000, 14.5));
    viewing = looked(viewing, look(999_000, 14.5));
    const { rungs } = reportOf(viewing, 999_000);
    expect(rungs['360p']).toBeCloseTo(10, 0);
    expect(rungs['720p']).toBeCloseTo(4.2, 0);
  });

  it('says what was seen in whole seconds, each once, and never forgets it', () => {
    let viewing = play(nothingSeen, 0, 0, 10);
    viewing = play(viewing, 11_000, 100, 5);
    viewing = play(viewing, 17_000, 4, 8);
    expect(reportOf(viewing, 30_000).watched).toEqual([
      [0, 12],
      [100, 105],
    ]);
  });

  it('bounds what it sends', () => {
    const many = Array.from({ length: 900 }, (_, n): [number, number] => [n * 10, n * 10 + (n % 7) + 1]);
    const kept = pieces(many);
    expect(kept).toHaveLength(200);
    expect(kept.every(([from], index) => index === 0 || from > (kept[index - 1]?.[0] ?? 0))).toBe(true);
    const busy = { ...nothingSeen, watch: { closed: many.slice(0, 150), open: undefined } };
    expect(reportOf(compact(busy), 0).watched).toEqual(reportOf(busy, 0).watched);
    let viewing = nothingSeen;
    for (let n = 0; n < 50; n++) viewing = failedWith(failedWith(viewing, `code${n}`), `code${n}`);
    expect(reportOf(viewing, 0).errors).toHaveLength(20);
  });

  it('is silent about a viewing that has not begun', () => {
    expect(worthTelling(reportOf(pressed(nothingSeen, 0), 100))).toBe(false);
    expect(worthTelling(reportOf(failedWith(nothingSeen, 'keyLoadError'), 0))).toBe(true);
  });
});
