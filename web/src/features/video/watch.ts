// What was really watched, as intervals of the video's own time. Playback extends the open interval; a jump, a pause or
// a stall ends it. Pure: position, speed and time are arguments.

export type Interval = readonly [from: number, to: number];

export type Watch = {
  /** Closed and not yet taken, in order of watching. */
  readonly closed: readonly Interval[];
  /** `wall`: milliseconds at which `to` was played. */
  readonly open: { readonly from: number; readonly to: number; readonly wall: number } | undefined;
};

export const nothingWatched: Watch = { closed: [], open: undefined };

/** Seconds beyond what speed and time explain that still count as playing on: clocks and events are coarse. */
const SLACK = 0.75;
/** Shorter intervals say nothing. */
const LEAST = 0.2;
/** The server takes at most 200 intervals in one report. */
const MOST = 200;

/** The player stands at `position` now. `rate`: 1 is normal speed. `playing`: neither paused, nor stalled, nor seeking. */
export function watched(
  watch: Watch,
  at: { position: number; rate: number; playing: boolean; now: number },
): Watch {
  const { open } = watch;
  if (!open) {
    if (!at.playing) return watch;
    return { ...watch, open: { from: at.position, to: at.position, wall: at.now } };
  }
  const step = at.position - open.to;
  const most = (Math.max(0, at.now - open.wall) / 1000) * at.rate + SLACK;
  const playedOn = step >= 0 && step <= most;
  const extended = playedOn ? { ...open, to: at.position, wall: at.now } : open;
  if (playedOn && at.playing) return { ...watch, open: extended };
  return {
    closed: close(watch.closed, extended),
    open: at.playing ? { from: at.position, to: at.position, wall: at.now } : undefined,
  };
}

/** What there is to report, and what remains: an interval that is still open goes on from where it was cut. */
export function takeWatched(watch: Watch): { intervals: Interval[]; rest: Watch } {
  const { open } = watch;
  const intervals = open ? close(watch.closed, open) : watch.closed;
  return {
    intervals: [...intervals],
    rest: { closed: [], open: open && intervals !== watch.closed ? { ...open, from: open.to } : open },
  };
}

/** Puts back what could not be reported. */
export const giveBack = (watch: Watch, intervals: readonly Interval[]): Watch => ({
  ...watch,
  closed: [...intervals, ...watch.closed].slice(-MOST),
});

function close(closed: readonly Interval[], open: { from: number; to: number }): readonly Interval[] {
  if (open.to - open.from < LEAST) return closed;
  const last = closed.at(-1);
  // An interval that was cut for a report and given back is one again.
  if (last && Math.abs(last[1] - open.from) < 0.001) return [...closed.slice(0, -1), [last[0], open.to]];
  return [...closed, [open.from, open.to] as const].slice(-MOST);
}
