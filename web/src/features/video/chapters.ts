// Chapters of a video: which one plays, and which of their borders the seek bar shows. Pure.

export type Chapter = { readonly start_s: number; readonly title: string };

/** Place of the chapter that this second belongs to; -1 before the first. */
export function chapterAt(chapters: readonly Chapter[], seconds: number): number {
  let found = -1;
  for (const [index, chapter] of chapters.entries()) {
    // A jump to a chapter may land a little before it.
    if (chapter.start_s <= seconds + 0.05) found = index;
    else break;
  }
  return found;
}

/** Borders nearer to each other than this part of the bar would make it unreadable. */
const LEAST = 0.012;

/** Borders to show, as parts of the whole: neither the ends, nor any that would touch the one before. */
export function cuts(chapters: readonly Chapter[], duration: number): number[] {
  if (!(duration > 0)) return [];
  const shown: number[] = [];
  let last = 0;
  for (const { start_s } of chapters) {
    const at = start_s / duration;
    if (at - last < LEAST || 1 - at < LEAST) continue;
    shown.push(at);
    last = at;
  }
  return shown;
}

/** Where "back" and "on" lead from here. Back within the first seconds of a chapter means the one before. */
export function neighbourChapter(
  chapters: readonly Chapter[],
  seconds: number,
  forward: boolean,
): number | undefined {
  const here = chapterAt(chapters, seconds);
  if (forward) return chapters[here + 1]?.start_s;
  const start = chapters[here]?.start_s ?? 0;
  return seconds - start > 3 ? start : (chapters[here - 1]?.start_s ?? 0);
}
