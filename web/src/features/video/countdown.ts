// Counting down to what comes by itself. Pure.

/** Whole seconds that are left until `end`, both in milliseconds; 0 once it is reached. */
export const secondsLeft = (end: number, now: number): number => Math.max(0, Math.ceil((end - now) / 1000));

/** Whether the next lesson may begin by itself: it is wanted, and the person has not said "stay". */
export const goesOn = (autoplay: boolean, ended: boolean, stays: boolean, hasNext: boolean): boolean =>
  autoplay && ended && !stays && hasNext;
