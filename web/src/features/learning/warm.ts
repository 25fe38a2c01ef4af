// When the next lesson is made ready: its data, its poster and the code of the page, never a second stream. Pure.

/** Seconds before the end, or the part that has been played, from which on people are likely to go on. */
const BEFORE = 60;
const PART = 0.7;

export const nearEnd = (time: number, duration: number): boolean =>
  duration > 0 && time > 0 && (duration - time <= BEFORE || time / duration >= PART);
