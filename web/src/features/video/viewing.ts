// What a viewing was like: how long it took to start, where it stalled, which rung was shown for how long, what was
// seen. Totals of one playback session, so that a report may be lost or come twice. Pure: time is an argument.
import { type Interval, nothingWatched, type Watch, watched } from './watch';

export type Viewing = {
  /** When play was pressed and nothing has been shown since, milliseconds. */
  readonly pressedAt: number | undefined;
  readonly startMs: number | undefined;
  readonly stalls: number;
  readonly stallMs: number;
  /** When the present stall began, milliseconds. */
  readonly stalledAt: number | undefined;
  /** Seconds of playing by name of the rung. */
  readonly rungs: Readonly<Record<string, number>>;
  readonly watch: Watch;
  readonly errors: readonly string[];
  /** When it was looked at last, and whether it played then. */
  readonly seenAt: number | undefined;
};

export const nothingSeen: Viewing = {
  pressedAt: undefined,
  startMs: undefined,
  stalls: 0,
  stallMs: 0,
  stalledAt: undefined,
  rungs: {},
  watch: nothingWatched,
  errors: [],
  seenAt: undefined,
};

/** What the server takes: totals of the session so far. */
export type ViewingReport = {
  start_ms?: number;
  stalls: number;
  stall_ms: number;
  rungs: Record<string, number>;
  watched: [number, number][];
  errors: string[];
};

/** Longer than this between two looks is a page that slept, not a rung that was shown; milliseconds. */
const ASLEEP = 5_000;
const MOST_PIECES = 200;
const MOST_ERRORS = 20;

export const pressed = (viewing: Viewing, now: number): Viewing =>
  viewing.startMs === undefined && viewing.pressedAt === undefined ? { ...viewing, pressedAt: now } : viewing;

/** Something is shown: the start is over, and so is a stall. */
export function shown(viewing: Viewing, now: number): Viewing {
  const { pressedAt, startMs, stalledAt } = viewing;
  return {
    ...viewing,
    startMs: startMs ?? (pressedAt === undefined ? undefined : Math.max(0, now - pressedAt)),
    pressedAt: undefined,
    stallMs: viewing.stallMs + (stalledAt === undefined ? 0 : Math.max(0, now - stalledAt)),
    stalledAt: undefined,
  };
}

/** Wants to play and has nothing. Before the first picture this is the start, and while seeking it is the seek. */
export const stalled = (viewing: Viewing, now: number): Viewing =>
  viewing.stalledAt !== undefined || viewing.pressedAt !== undefined
    ? viewing
    : { ...viewing, stalls: viewing.stalls + 1, stalledAt: now };

export const failedWith = (viewing: Viewing, code: string): Viewing =>
  viewing.errors.includes(code) || viewing.errors.length >= MOST_ERRORS
    ? viewing
    : { ...viewing, errors: [...viewing.errors, code] };

export type Look = {
  now: number;
  position: number;
  rate: number;
  playing: boolean;
  rung: string | undefined;
};

/** A look at the player, a few times a second. */
export function looked(viewing: Viewing, look: Look): Viewing {
  const passed = viewing.seenAt === undefined ? 0 : look.now - viewing.seenAt;
  const counts = look.playing && look.rung !== undefined && passed > 0 && passed <= ASLEEP;
  const rung = look.rung ?? '';
  return {
    ...viewing,
    rungs: counts ? { ...viewing.rungs, [rung]: (viewing.rungs[rung] ?? 0) + passed / 1000 } : viewing.rungs,
    watch: watched(viewing.watch, look),
    seenAt: look.playing ? look.now : undefined,
  };
}

/** Whole seconds that were seen, each once: pieces that touch are one. The largest are kept when they are too many. */
export function pieces(intervals: readonly Interval[]): [number, number][] {
  const sorted = intervals
    .map(([from, to]): [number, number] => [Math.max(0, Math.floor(from)), Math.ceil(to)])
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0]);
  const union: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = union.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  if (union.length <= MOST_PIECES) return union;
  return union
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, MOST_PIECES)
    .sort((a, b) => a[0] - b[0]);
}

const tenth = (value: number) => Math.round(value * 10) / 10;

export function reportOf(viewing: Viewing, now: number): ViewingReport {
  const { watch, stalledAt, startMs } = viewing;
  const still = stalledAt === undefined ? 0 : Math.max(0, now - stalledAt);
  return {
    ...(startMs === undefined ? {} : { start_ms: Math.round(startMs) }),
    stalls: viewing.stalls,
    stall_ms: Math.round(viewing.stallMs + still),
    rungs: Object.fromEntries(Object.entries(viewing.rungs).map(([name, value]) => [name, tenth(value)])),
    watched: pieces(watch.open ? [...watch.closed, [watch.open.from, watch.open.to]] : watch.closed),
    errors: [...viewing.errors],
  };
}

/** Whether there is anything to tell. */
export const worthTelling = (report: ViewingReport): boolean =>
  report.start_ms !== undefined || report.errors.length > 0 || report.watched.length > 0;

/** Keeps the list of what was watched short however much somebody jumps about in an hour. */
export const compact = (viewing: Viewing): Viewing =>
  viewing.watch.closed.length < 100
    ? viewing
    : { ...viewing, watch: { ...viewing.watch, closed: pieces(viewing.watch.closed) } };
