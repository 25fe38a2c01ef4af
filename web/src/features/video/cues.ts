// Captions as they are read from WebVTT: cues with their times, the one that is spoken now, search. Pure.

export type Cue = {
  /** Seconds. */
  readonly from: number;
  readonly to: number;
  /** Plain text; a line break stays one. */
  readonly text: string;
};

const TIME = /^(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{3})$/;
const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: '\u00a0',
  lrm: '\u200e',
  rlm: '\u200f',
  quot: '"',
};

function seconds(text: string): number | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [, h = '0', m = '0', s = '0', ms = '0'] = found;
  return Number(h) * 3600 + Number(m) * 60 + Number(s) + Number(ms) / 1000;
}

/** What is said, without voices, classes and times inside the text. */
const plain = (text: string): string =>
  text
    .replace(/<[^>\n]*>/g, '')
    .replace(/&(?:#(\d{1,7})|(\w+));/g, (whole, number?: string, name?: string) =>
      number ? String.fromCodePoint(Math.min(Number(number), 0x10ffff)) : (named[name ?? ''] ?? whole),
    )
    .trim();

/** The cues of a WebVTT file, in order of time. What is no cue (notes, styles, a damaged block) is left out. */
export function parseCues(file: string): Cue[] {
  const cues: Cue[] = [];
  for (const block of file.replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    const lines = block.split('\n');
    const index = lines.findIndex((line) => line.includes('-->'));
    if (index < 0) continue;
    const [before = '', after = ''] = (lines[index] ?? '').split('-->');
    const from = seconds(before.trim());
    const to = seconds(after.trim().split(/\s+/)[0] ?? '');
    const text = plain(lines.slice(index + 1).join('\n'));
    if (from === undefined || to === undefined || to <= from || !text) continue;
    cues.push({ from, to, text });
  }
  return cues.sort((a, b) => a.from - b.from || a.to - b.to);
}

/** How many cues have begun by this time. */
function begun(cues: readonly Cue[], time: number): number {
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cues[middle]?.from ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** At most so many cues are looked at for ones that still stand: they seldom overlap. */
const BACK = 8;

/** What stands on the picture at this time, oldest first. */
export function cuesAt(cues: readonly Cue[], time: number): Cue[] {
  const end = begun(cues, time);
  return cues.slice(Math.max(0, end - BACK), end).filter((cue) => time < cue.to);
}

/** The cue that was spoken last at this time, for the transcript; -1 before the first. */
export const cueIndexAt = (cues: readonly Cue[], time: number): number => begun(cues, time + 0.001) - 1;

/** Without case and accents, and with one kind of apostrophe: oʻ, o' and o‘ are one letter to whoever searches. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[ʻʼ‘’`´]/g, "'")
    .replace(/\s+/g, ' ')
    .toLowerCase();

/** Places in `cues` that hold every word that is searched for. Empty for an empty search. */
export function searchCues(cues: readonly Cue[], wanted: string): number[] {
  const words = folded(wanted).split(' ').filter(Boolean);
  if (words.length === 0) return [];
  return cues.flatMap((cue, index) => {
    const text = folded(cue.text);
    return words.every((word) => text.includes(word)) ? [index] : [];
  });
}
