// Points that a grader gives, as they are typed, and the exact share that they are. Pure.

/** Two decimals are enough for a person; the share stays exact. */
const HUNDRED = 100;

/** The share of the points as a fraction; nothing where it is no number from 0 to all, with at most two decimals. */
export function shareOf(typed: string, points: number): { score_num: number; score_den: number } | undefined {
  const text = typed.trim().replace(',', '.');
  if (!/^\d{1,4}(\.\d{1,2})?$/.test(text)) return undefined;
  const num = Math.round(Number(text) * HUNDRED);
  const den = points * HUNDRED;
  if (den === 0) return num === 0 ? { score_num: 1, score_den: 1 } : undefined;
  if (num > den) return undefined;
  const common = divisor(num, den);
  return { score_num: num / common, score_den: den / common };
}

function divisor(one: number, other: number): number {
  let [a, b] = [one, other];
  while (b > 0) [a, b] = [b, a % b];
  return Math.max(1, a);
}

/** Where the list goes on after one was graded: the next that waits, else the one before. */
export function nextOf(ids: readonly string[], now: string, graded: ReadonlySet<string>): string | undefined {
  const at = ids.indexOf(now);
  const waits = (id: string) => id !== now && !graded.has(id);
  return ids.slice(at + 1).find(waits) ?? ids.slice(0, Math.max(0, at)).findLast(waits);
}
