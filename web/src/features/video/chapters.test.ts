import { describe, expect, it } from 'vitest';
import { chapterAt, cuts, neighbourChapter } from './chapters';

const chapters = [
  { start_s: 0, title: 'Start' },
  { start_s: 60, title: 'Middle' },
  { start_s: 90.5, title: 'End' },
];

/** MED-09 */
describe('chapters', () => {
  it('tell which one plays', () => {
    expect(chapterAt(chapters, 0)).toBe(0);
    expect(chapterAt(chapters, 59.9)).toBe(0);
    expect(chapterAt(chapters, 60)).toBe(1);
    expect(chapterAt(chapters, 1e9)).toBe(2);
    expect(chapterAt([{ start_s: 5, title: 'Late' }], 2)).toBe(-1);
    expect(chapterAt([], 2)).toBe(-1);
  });

  it('are cut on the bar where it can still be read', () => {
    expect(cuts(chapters, 120)).toEqual([0.5, 90.5 / 120]);
    const many = Array.from({ length: 500 }, (_, n) => ({ start_s: n, title: `${n}` }));
    const shown = cuts(many, 500);
    expect(shown.length).toBeLessThan(85);
    for (const [index, at] of shown.entries()) {
      if (index > 0) expect(at - (shown[index - 1] ?? 0)).toBeGreaterThanOrEqual(0.012);
    }
    expect(cuts(chapters, 0)).toEqual([]);
  });

  it('lead to the neighbours', () => {
    expect(neighbourChapter(chapters, 10, true)).toBe(60);
    expect(neighbourChapter(chapters, 95, true)).toBeUndefined();
    expect(neighbourChapter(chapters, 75, false)).toBe(60);
    expect(neighbourChapter(chapters, 61, false)).toBe(0);
    expect(neighbourChapter(chapters, 10, false)).toBe(0);
  });
});
