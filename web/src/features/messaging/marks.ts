// The light marks of a message: code, bold, italic, formulas, links, mentions, moments of a lesson. Pure: a text becomes a
// tree of parts, and the parts become elements elsewhere. Whatever is not a mark stays as it was written.

export type Part =
  | { t: 'text'; text: string }
  | { t: 'code'; text: string }
  | { t: 'block'; text: string; language: string }
  | { t: 'bold' | 'italic'; inside: Part[] }
  | { t: 'formula'; tex: string; display: boolean }
  | { t: 'link'; href: string; text: string }
  | { t: 'mention'; name: string; user: string }
  | { t: 'moment'; label: string; lesson: string; second: number };

const uuid = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';
/** Not in the middle of a word or a product: 2*3*4 is arithmetic. */
const edge = '(?<![\\p{L}\\p{N}*])';
const end = '(?![\\p{L}\\p{N}*])';
const marks = new RegExp(
  [
    '```(?<language>[\\w+-]*)\\n?(?<block>[\\s\\S]*?)```',
    '`(?<code>[^`\\n]+)`',
    '\\$\\$(?<display>[^$]+)\\$\\$',
    '(?<![\\p{L}\\p{N}$])\\$(?<tex>[^\\s$](?:[^$\\n]*[^\\s$])?)\\$(?![\\d$])',
    `@\\[(?<name>[^\\]\\n]{1,200})\\]\\((?<user>${uuid})\\)`,
    `\\[(?<label>[^\\]\\n]{1,200})\\]\\(lesson:(?<lesson>${uuid})\\?t=(?<second>\\d{1,6})\\)`,
    `${edge}\\*\\*(?<bold>[^\\s*](?:[^\\n]*?[^\\s*])?)\\*\\*${end}`,
    `${edge}\\*(?<italic>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*${end}`,
    '(?<url>https?://[^\\s<>"«»]+)',
  ].join('|'),
  'gu',
);

const DEEPEST = 3;

export function parts(text: string, depth = 0): Part[] {
  const found: Part[] = [];
  let from = 0;
  const words = (to: number) => {
    if (to > from) found.push({ t: 'text', text: text.slice(from, to) });
  };
  for (const match of text.matchAll(marks)) {
    const part = partOf(match.groups ?? {}, depth);
    if (!part) continue;
    words(match.index);
    found.push(part);
    // A full stop after an address is not a part of it.
    from = match.index + (part.t === 'link' ? part.text.length : match[0].length);
  }
  words(text.length);
  return found;
}

function partOf(group: Record<string, string | undefined>, depth: number): Part | undefined {
  const { block, code, display, tex, name, user, label, lesson, second, bold, italic, url } = group;
  if (block !== undefined) {
    return { t: 'block', text: block.replace(/\n$/, ''), language: group.language ?? '' };
  }
  if (code !== undefined) return { t: 'code', text: code };
  if (display !== undefined) return { t: 'formula', tex: display.trim(), display: true };
  if (tex !== undefined) return { t: 'formula', tex, display: false };
  if (name !== undefined && user !== undefined) return { t: 'mention', name, user };
  if (label !== undefined && lesson !== undefined)
    return { t: 'moment', label, lesson, second: Number(second) };
  const inner = bold ?? italic;
  if (inner !== undefined) {
    const inside: Part[] = depth < DEEPEST ? parts(inner, depth + 1) : [{ t: 'text', text: inner }];
    return { t: bold === undefined ? 'italic' : 'bold', inside };
  }
  if (url !== undefined) return linkOf(url);
  return undefined;
}

function linkOf(found: string): Part | undefined {
  let text = found.replace(/[.,;:!?'*_]+$/, '');
  // A bracket that was opened before the address closes after it.
  const count = (letter: string) => text.split(letter).length;
  while (text.endsWith(')') && count(')') > count('(')) text = text.slice(0, -1);
  try {
    const { protocol, host } = new URL(text);
    return host && (protocol === 'https:' || protocol === 'http:')
      ? { t: 'link', href: text, text }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The words alone, on one line: for lists, quotes and what is read aloud. */
export const plain = (text: string): string => parts(text).map(wordsOf).join('').replace(/\s+/g, ' ').trim();

/** Signs that a formula's commands stand for; of others the name remains. */
const SIGNS: Record<string, string> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  Delta: 'Δ',
  epsilon: 'ε',
  theta: 'θ',
  lambda: 'λ',
  mu: 'μ',
  pi: 'π',
  sigma: 'σ',
  Sigma: 'Σ',
  phi: 'φ',
  omega: 'ω',
  Omega: 'Ω',
  approx: '≈',
  ne: '≠',
  neq: '≠',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  times: '×',
  cdot: '·',
  div: '÷',
  pm: '±',
  to: '→',
  infty: '∞',
  int: '∫',
  sum: '∑',
  sqrt: '√',
  in: '∈',
  circ: '°',
  dots: '…',
  ldots: '…',
  cdots: '…',
  quad: ' ',
  qquad: ' ',
  left: '',
  right: '',
  text: '',
  mathrm: '',
};

/** A formula in one line without what only sets it: `\\log_{200} x \\approx 2{,}7` is `log_200 x ≈ 2,7`. */
const formulaWords = (tex: string): string =>
  tex
    .replace(/\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, '($1)/($2)')
    .replace(
      /\\([a-zA-Z]+)\s*/g,
      (whole, name: string) => (SIGNS[name] ?? name) + (/\s$/.test(whole) ? ' ' : ''),
    )
    .replace(/\\[,;: ]|~/g, '\u2009')
    .replace(/\\([%$#&_])|\\!|[{}]/g, '$1');

function wordsOf(part: Part): string {
  switch (part.t) {
    case 'text':
    case 'code':
    case 'block':
    case 'link':
      return part.text;
    case 'formula':
      return formulaWords(part.tex);
    case 'mention':
      return `@${part.name}`;
    case 'moment':
      return part.label;
    default:
      return part.inside.map(wordsOf).join('');
  }
}

export type Person = { id: string; name: string };

/** The text as it is sent: "@Name" of the people that were chosen becomes a mention. Longer names first. */
export function withMentions(text: string, chosen: readonly Person[]): { body: string; mentions: string[] } {
  const people = [...chosen].sort((a, b) => b.name.length - a.name.length);
  const mentions = new Set<string>();
  if (people.length === 0) return { body: text, mentions: [] };
  const names = people.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  // Code stays as it is.
  const body = text.replace(
    new RegExp(`\`\`\`[\\s\\S]*?\`\`\`|\`[^\`\\n]+\`|@(${names})(?![\\p{L}\\p{N}])`, 'gu'),
    (whole, name: string | undefined) => {
      const person = people.find((one) => one.name === name);
      if (!person) return whole;
      mentions.add(person.id);
      return `@[${person.name.replace(/[[\]]/g, '')}](${person.id})`;
    },
  );
  return { body, mentions: [...mentions] };
}

/** The reverse, for editing: the text as one types it, and who is mentioned in it. */
export function withoutMentions(body: string): { text: string; people: Person[] } {
  const people = new Map<string, Person>();
  const text = body.replace(
    new RegExp(`@\\[([^\\]\\n]{1,200})\\]\\((${uuid})\\)`, 'gu'),
    (_whole, name: string, id: string) => {
      people.set(id, { id, name });
      return `@${name}`;
    },
  );
  return { text, people: [...people.values()] };
}

/** What is being typed of a name at the place of the cursor: the letters after an @ that begins a word. */
export function mentionAt(text: string, cursor: number): { from: number; q: string } | undefined {
  const before = text.slice(0, cursor);
  const match = /(?:^|[\s(«"])@([\p{L}\p{N}ʻʼ'’-]{0,40}(?: [\p{L}\p{N}ʻʼ'’-]{1,40})?)$/u.exec(before);
  if (!match) return undefined;
  const q = match[1] ?? '';
  return { from: cursor - q.length - 1, q };
}
