import { describe, expect, it } from 'vitest';
import { giveBack, nothingWatched, takeWatched, type Watch, watched } from './watch';

/** Plays from `from` for so many seconds, four events a second. */
function play(watch: Watch, from: number, seconds: number, rate: number, start: number): Watch {
  let now = watch;
  for (let step = 0; step <= seconds * 4; step++) {
    const at = { position: from + (step / 4) * rate, rate, playing: true, now: start + step * 250 };
    now = watched(now, at);
  }
  return now;
}
const stop = (watch: Watch, position: number, now: number) =>
  watched(watch, { position, rate: 1, playing: false, now });

/** LRN-01 */
describe('what was watched', () => {
  it('is one interval for playing on', () => {
    const watch = stop(play(nothingWatched, 10, 5, 1, 0), 15, 5_000);
    expect(takeWatched(watch).intervals).toEqual([[10, 15]]);
  });

  it('counts the video, not the clock, at double speed', () => {
    expect(takeWatched(play(nothingWatched, 0, 5, 2, 0)).intervals).toEqual([[0, 10]]);
  });

  it('leaves out what was jumped over, forward and back', () => {
    let watch = play(nothingWatched, 0, 4, 1, 0);
    watch = play(watch, 100, 3, 1, 4_250);
    watch = play(watch, 2, 2, 1, 7_500);
    expect(takeWatched(watch).intervals).toEqual([
      [0, 4],
      [100, 103],
      [2, 4],
    ]);
  });

  it('does not grow while nothing plays', () => {
    const watch = stop(nothingWatched, 50, 0);
    expect(takeWatched(stop(watch, 80, 90_000)).intervals).toEqual([]);
  });

  it('does not take a slow event for a jump', () => {
    let watch = watched(nothingWatched, { position: 0, rate: 1, playing: true, now: 0 });
    watch = watched(watch, { position: 8, rate: 1, playing: true, now: 8_000 });
    expect(takeWatched(watch).intervals).toEqual([[0, 8]]);
  });

  it('goes on after a report from where the report ended', () => {
    const first = takeWatched(play(nothingWatched, 0, 10, 1, 0));
    expect(first.intervals).toEqual([[0, 10]]);
    const second = play(first.rest, 10, 10, 1, 10_000);
    expect(takeWatched(second).intervals).toEqual([[10, 20]]);
    const failed = giveBack(second, first.intervals);
    expect(takeWatched(failed).intervals).toEqual([[0, 20]]);
  });
});
