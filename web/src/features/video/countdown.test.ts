import { describe, expect, it } from 'vitest';
import { goesOn, secondsLeft } from './countdown';

/** MED-09 */
describe('the countdown to the next lesson', () => {
  it('shows whole seconds and ends at zero, however late it is asked', () => {
    expect(secondsLeft(5_000, 0)).toBe(5);
    expect(secondsLeft(5_000, 1)).toBe(5);
    expect(secondsLeft(5_000, 4_001)).toBe(1);
    expect(secondsLeft(5_000, 5_000)).toBe(0);
    expect(secondsLeft(5_000, 90_000)).toBe(0);
  });

  it('runs only where it is wanted, there is a next lesson, and nobody said to stay', () => {
    expect(goesOn(true, true, false, true)).toBe(true);
    expect(goesOn(false, true, false, true)).toBe(false);
    expect(goesOn(true, false, false, true)).toBe(false);
    expect(goesOn(true, true, true, true)).toBe(false);
    expect(goesOn(true, true, false, false)).toBe(false);
  });
});
