// When to come back after a connection has ended. Pure: chance and time are arguments.

/** What the class of a close code asks of the client. */
export type Comeback =
  /** Do not come back by itself. */
  | 'stay'
  /** Renew the token, then connect. */
  | 'renew'
  /** After at least half a minute. */
  | 'late'
  /** At once, with jitter. */
  | 'now';

export function comeback(code: number): Comeback {
  if (code === 4001) return 'renew';
  if (code >= 4000 && code <= 4099) return 'stay';
  if (code >= 4100 && code <= 4199) return 'late';
  if (code === 1002 || code === 1003 || code === 1007) return 'stay';
  return 'now';
}

const LONGEST = 30_000;
const STEP = 500;
const LATE = 30_000;

/** "Full jitter": anywhere between nothing and the doubled step, in milliseconds. `attempt` counts from 0. */
export function delay(attempt: number, random: number): number {
  return random * Math.min(LONGEST, STEP * 2 ** Math.min(attempt, 16));
}

/**
 * Milliseconds to wait after a close. `spreadSeconds` is what the server announced before a planned close;
 * `reason` of 4102 (maintenance) holds the seconds that it will take.
 */
export function wait(
  code: number,
  attempt: number,
  random: number,
  { spreadSeconds, reason }: { spreadSeconds?: number | undefined; reason?: string } = {},
): number {
  if (comeback(code) === 'late') {
    const asked = code === 4102 ? Number(reason) : Number.NaN;
    const least = Number.isFinite(asked) && asked > 0 ? Math.max(LATE, asked * 1000) : LATE;
    return least + random * LATE;
  }
  if (code === 4200 && spreadSeconds !== undefined && attempt === 0)
    return random * Math.max(0, spreadSeconds) * 1000;
  return delay(attempt, random);
}
