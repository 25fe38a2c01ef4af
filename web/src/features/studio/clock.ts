// Times as authors type them: 75, 1:15, 1:02:03. Pure.

/** Seconds; nothing where it is no time. */
export function readClock(text: string): number | undefined {
  const parts = text.trim().split(':');
  if (parts.length > 3 || parts.some((part) => !/^\d{1,5}$/.test(part.trim()))) return undefined;
  const numbers = parts.map(Number);
  // After a colon come minutes and seconds: no more than 59.
  if (numbers.slice(1).some((value) => value > 59)) return undefined;
  return numbers.reduce((sum, value) => sum * 60 + value, 0);
}

export type ChapterRow = { key: string; at: string; title: string };

export type ChapterFault = 'time' | 'order' | 'end' | 'title';

/** What is wrong with each row, in its place. Empty rows at the end do not count. */
export function chapterFaults(rows: readonly ChapterRow[], duration: number): (ChapterFault | undefined)[] {
  let last = -1;
  return rows.map((row) => {
    if (!row.at.trim() && !row.title.trim()) return undefined;
    const at = readClock(row.at);
    if (at === undefined) return 'time';
    const before = last;
    last = Math.max(last, at);
    if (at <= before) return 'order';
    if (duration > 0 && at >= duration) return 'end';
    return row.title.trim() ? undefined : 'title';
  });
}

/** What is sent: rows that say something. */
export const chaptersOf = (rows: readonly ChapterRow[]): { start_s: number; title: string }[] =>
  rows.flatMap((row) => {
    const at = readClock(row.at);
    return at === undefined || !row.title.trim() ? [] : [{ start_s: at, title: row.title.trim() }];
  });
