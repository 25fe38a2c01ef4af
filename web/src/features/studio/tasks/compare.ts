// Two versions of a task line by line: what went, what came, what stayed. Pure.

export type Line = { kind: 'same' | 'gone' | 'new'; text: string };

/** More lines than this on a side are compared as a whole: the table would be large, and nobody reads it. */
const MOST = 400;

/** The longest common lines stay, the others go or come; what goes stands before what comes in its place. */
export function compare(before: readonly string[], after: readonly string[]): Line[] {
  if (before.length > MOST || after.length > MOST) {
    const same = before.length === after.length && before.every((line, at) => line === after[at]);
    if (same) return after.map((text) => ({ kind: 'same', text }));
    return [
      ...before.map((text): Line => ({ kind: 'gone', text })),
      ...after.map((text): Line => ({ kind: 'new', text })),
    ];
  }
  const wide = after.length + 1;
  // At [i][j]: how many lines the rests from i and from j have in common.
  const common = new Uint16Array((before.length + 1) * wide);
  const at = (i: number, j: number) => common[i * wide + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * wide + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [gone, came] = [before[i], after[j]];
    if (gone !== undefined && gone === came) {
      lines.push({ kind: 'same', text: gone });
      i++;
      j++;
    } else if (gone !== undefined && (came === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'gone', text: gone });
      i++;
    } else if (came !== undefined) {
      lines.push({ kind: 'new', text: came });
      j++;
    }
  }
  return lines;
}

export const differs = (lines: readonly Line[]): boolean => lines.some(({ kind }) => kind !== 'same');
