// Rungs of a stream as people know them, and the one to begin with. Pure.

export type Rung = {
  /** Place among the levels of the stream. */
  index: number;
  /** The shorter side of the picture, pixels: 720 is 720p upright too. 0 is sound without a picture. */
  height: number;
  /** Bits a second. */
  bitrate: number;
};

type Level = { width: number; height: number; bitrate: number };

export const sideOf = (level: Pick<Level, 'width' | 'height'>): number =>
  level.width > 0 ? Math.min(level.width, level.height) : level.height;

/** The place of the sound alone, which is no level of the stream but a playlist of its own. */
export const SOUND = -2;

/** The rungs to choose from: the sound alone comes last, where there is a picture to leave away. */
export const withSound = (rungs: readonly Rung[], apart: boolean): readonly Rung[] =>
  apart && rungs.length > 0 ? [...rungs, { index: SOUND, height: 0, bitrate: 0 }] : rungs;

/** Rungs with a picture, the largest first. */
export const rungsOf = (levels: readonly Level[]): Rung[] =>
  levels
    .map((level, index) => ({ index, height: sideOf(level), bitrate: level.bitrate }))
    .filter((rung) => rung.height > 0)
    .sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);

/** What people choose it by; `sound`: the word for none. */
export const rungText = (rung: Rung, sound: string): string => (rung.height > 0 ? `${rung.height}p` : sound);

/** The name that viewings are reported under. */
export const rungName = (height: number | undefined): string =>
  height === undefined || height === 0 ? 'audio' : `${height}p`;

/** A first picture larger than this waits longer than it gives. */
const FIRST_SIDE = 480;
/** The part of the measured link that the first segments may fill, so that the picture comes at once. */
const FIRST_PART = 0.4;

/** The level to begin with: a low one, and never one that the link of the last viewing could not carry with ease. */
export function firstLevel(levels: readonly Level[], bandwidth: number | undefined): number {
  let lowest = 0;
  let best: number | undefined;
  for (const [index, level] of levels.entries()) {
    if (level.bitrate < (levels[lowest]?.bitrate ?? Number.POSITIVE_INFINITY)) lowest = index;
    if (sideOf(level) > FIRST_SIDE || level.bitrate > (bandwidth ?? 0) * FIRST_PART) continue;
    if (best === undefined || level.bitrate > (levels[best]?.bitrate ?? 0)) best = index;
  }
  return best ?? lowest;
}
