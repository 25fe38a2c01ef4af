// The words of an option as an author types them in one line, and the document that they stand for: `code`, $formula$,
// **bold**, *italic*, ![words](picture). A backslash takes a sign for itself. Pure.
import type { Doc } from '~/features/tasks/contract';

export const emptyDoc: Doc = { type: 'doc', content: [{ type: 'paragraph' }] };

type Mark = { type: string };
const signs = ['`', '$', '*', '\\', '!'] as const;

const plain = (text: string): string => text.replaceAll(/[`$*\\]|!(?=\[)/g, (sign) => `\\${sign}`);

/** One document of one paragraph; a new line is a break in it, and a picture stands between two. */
export function docOf(typed: string): Doc {
  const lines: Doc[] = [];
  let words: Doc[] = [];
  const flush = () => {
    if (words.length > 0) lines.push({ type: 'paragraph', content: words });
    words = [];
  };
  for (const node of inline(typed, [])) {
    if (node.type !== 'image') words.push(node);
    else {
      flush();
      lines.push(node);
    }
  }
  flush();
  return { type: 'doc', content: lines.length > 0 ? lines : [{ type: 'paragraph' }] };
}

function inline(typed: string, marks: Mark[]): Doc[] {
  const nodes: Doc[] = [];
  let words = '';
  const flush = () => {
    if (words) nodes.push({ type: 'text', text: words, ...(marks.length > 0 ? { marks } : {}) });
    words = '';
  };
  let at = 0;
  /** What stands between two signs, from `at` on; nothing where the second is missing. */
  const between = (sign: string): string | undefined => {
    const from = at + sign.length;
    let end = typed.indexOf(sign, from);
    while (end > 0 && typed[end - 1] === '\\' && sign !== '`') end = typed.indexOf(sign, end + 1);
    return end > from ? typed.slice(from, end) : undefined;
  };
  while (at < typed.length) {
    const sign = typed[at] ?? '';
    const next = typed[at + 1] ?? '';
    if (sign === '\\' && signs.includes(next as (typeof signs)[number])) {
      words += next;
      at += 2;
      continue;
    }
    const picture = sign === '!' ? /^!\[([^\]]*)\]\((\/[^)\s]+)\)/.exec(typed.slice(at)) : null;
    if (picture) {
      flush();
      nodes.push({ type: 'image', attrs: { src: picture[2], alt: picture[1] } });
      at += picture[0].length;
      continue;
    }
    const open = sign === '*' && next === '*' ? '**' : sign;
    const inside = open === '`' || open === '$' || open === '*' || open === '**' ? between(open) : undefined;
    if (inside !== undefined) {
      flush();
      if (open === '`') nodes.push({ type: 'text', text: inside, marks: [...marks, { type: 'code' }] });
      else if (open === '$')
        nodes.push({ type: 'math_inline', attrs: { latex: inside.replaceAll('\\$', '$') } });
      else nodes.push(...inline(inside, [...marks, { type: open === '**' ? 'bold' : 'italic' }]));
      at += inside.length + 2 * open.length;
      continue;
    }
    if (sign === '\n') {
      flush();
      nodes.push({ type: 'hardBreak' });
    } else words += sign;
    at += 1;
  }
  flush();
  return nodes;
}

/** The line that stands for a document. Lists and headings, which a line cannot hold, become their words. */
export function markedOf(doc: Doc | string): string {
  if (typeof doc === 'string') return plain(doc);
  const lines = doc.type === 'doc' ? (doc.content ?? []) : [doc];
  return lines
    .map((line, at) => {
      // A picture ends its line by itself.
      const beside = line.type === 'image' || lines[at - 1]?.type === 'image' || at === 0;
      return (beside ? '' : '\n') + piece(line, 0);
    })
    .join('');
}

function piece(node: Doc, depth: number): string {
  if (depth > 12) return '';
  if (node.type === 'text') {
    const names = new Set((node.marks ?? []).map(({ type }) => type));
    const words = node.text ?? '';
    if (names.has('code')) return `\`${words}\``;
    const inner = names.has('italic') ? `*${plain(words)}*` : plain(words);
    return names.has('bold') ? `**${inner}**` : inner;
  }
  if (node.type === 'hardBreak') return '\n';
  if (node.type === 'math_inline' || node.type === 'math_block') {
    return `$${String(node.attrs?.latex ?? '').replaceAll('$', '\\$')}$`;
  }
  if (node.type === 'image') {
    return `![${String(node.attrs?.alt ?? '').replaceAll(']', '')}](${String(node.attrs?.src ?? '')})`;
  }
  return (node.content ?? []).map((child) => piece(child, depth + 1)).join('');
}
