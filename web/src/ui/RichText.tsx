// Shows a rich text document. It is a tree of allowed nodes, drawn as React elements: there is no HTML to inject.
import { createElement, type ReactNode } from 'react';
import type { Schemas } from '~/api/client';
import { Formula } from './Formula';
import css from './RichText.module.css';

type Node = Schemas['Doc'];

/** Blocks and their elements; a node that is not here (or in the special cases below) is passed over. */
const elements: Record<string, string> = {
  paragraph: 'p',
  bulletList: 'ul',
  listItem: 'li',
  blockquote: 'blockquote',
};
const marks: Record<string, string> = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };

/** The server allows depth 12; this bound only keeps a broken document from freezing the page. */
const DEEPEST = 16;

/** The words of an answer's option: a document of one line, drawn inside a label. */
export function InlineText({ doc }: { doc: Node | string }) {
  if (typeof doc === 'string') return <bdi>{doc}</bdi>;
  // Blocks are no part of a label: what stands in its paragraphs is drawn one after the other.
  const lines = (doc.content ?? []).filter((node) =>
    ['paragraph', 'math_block', 'image', 'codeBlock'].includes(node.type),
  );
  const inline = doc.type === 'doc' ? lines : [doc];
  return (
    <span dir="auto" className={css.inline}>
      {inline.map((node, index) =>
        node.type === 'paragraph' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing but its place.
          <span key={index}>
            {index > 0 && ' '}
            {children(node, 1)}
          </span>
        ) : (
          draw(node, index, 1)
        ),
      )}
    </span>
  );
}

/** The words of a document without its structure, for places that take no more: a select, an announcement. */
export function plainText(doc: Node | string | null | undefined): string {
  if (!doc) return '';
  if (typeof doc === 'string') return doc;
  const words: string[] = [];
  const walk = (node: Node, depth: number) => {
    if (depth > DEEPEST) return;
    if (node.type === 'text') words.push(node.text ?? '');
    else if (node.type === 'math_inline' || node.type === 'math_block') words.push(texOf(node));
    else if (node.type === 'image') words.push(textOf(node.attrs?.alt) ?? '');
    for (const child of node.content ?? []) walk(child, depth + 1);
    if (node.type === 'paragraph' || node.type === 'heading') words.push(' ');
  };
  walk(doc, 0);
  return words.join('').replaceAll(/\s+/g, ' ').trim();
}

export function RichText({ doc, className = '' }: { doc: Node; className?: string }) {
  return (
    // What runs the other way than the page also begins at the other edge of its column. `auto` would not do: it passes
    // over everything that has a direction of its own, as all blocks in here have.
    <div dir={directionOf(doc)}>
      <div className={`${css.read} ${className}`}>{children(doc, 0)}</div>
    </div>
  );
}

/** The direction of the first letter of a text; code and formulas do not count, since they run one way everywhere. */
export function directionOf(node: Node, depth = 0): 'ltr' | 'rtl' | undefined {
  if (depth > DEEPEST || node.type === 'codeBlock' || node.marks?.some(({ type }) => type === 'code')) {
    return undefined;
  }
  const letter = /\p{L}/u.exec(node.text ?? '')?.[0];
  if (letter) return /[\p{Script=Hebrew}\p{Script=Arabic}]/u.test(letter) ? 'rtl' : 'ltr';
  for (const child of node.content ?? []) {
    const found = directionOf(child, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function children(node: Node, depth: number): ReactNode[] {
  if (depth > DEEPEST) return [];
  return (node.content ?? []).map((child, index) => draw(child, index, depth + 1));
}

function draw(node: Node, key: number, depth: number): ReactNode {
  const inside = () => children(node, depth);
  switch (node.type) {
    case 'text':
      return <Text key={key} node={node} />;
    case 'hardBreak':
      return <br key={key} />;
    case 'horizontalRule':
      return <hr key={key} />;
    case 'heading':
      return createElement(node.attrs?.level === 3 ? 'h3' : 'h2', { key, dir: 'auto' }, inside());
    case 'codeBlock':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too.
        <pre key={key} tabIndex={0} data-language={textOf(node.attrs?.language)}>
          {/* With a direction of its own it says nothing about that of the text around it. */}
          <code dir="ltr">{inside()}</code>
        </pre>
      );
    case 'math_inline':
    case 'math_block':
      return <Formula key={key} tex={texOf(node)} display={node.type === 'math_block'} />;
    case 'image':
      return <Picture key={key} node={node} />;
    case 'orderedList': {
      const start = Number(node.attrs?.start ?? 1);
      return (
        <ol key={key} start={Number.isInteger(start) ? start : 1}>
          {inside()}
        </ol>
      );
    }
    default: {
      const element = elements[node.type];
      return element ? createElement(element, { key, dir: 'auto' }, inside()) : null;
    }
  }
}

function Text({ node }: { node: Node }) {
  let drawn: ReactNode = node.text ?? '';
  for (const mark of node.marks ?? []) {
    const element = marks[mark.type];
    if (element) drawn = createElement(element, element === 'code' ? { dir: 'ltr' } : {}, drawn);
    const href = mark.type === 'link' ? safeLink(mark.attrs?.href) : undefined;
    if (href) {
      drawn = (
        <a href={href} target="_blank" rel="noopener noreferrer nofollow" className="link">
          {drawn}
        </a>
      );
    }
  }
  return drawn;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The source of a formula. */
export const texOf = (node: Node): string => textOf(node.attrs?.latex) ?? '';

/** Pictures come from this server alone, by an address of it. Without words a picture is decoration. */
export const pictureAddress = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;

function Picture({ node }: { node: Node }) {
  const src = pictureAddress(node.attrs?.src);
  if (!src) return null;
  const [width, height] = [Number(node.attrs?.width), Number(node.attrs?.height)];
  const sized = width > 0 && height > 0;
  return (
    <img
      className={css.picture}
      src={src}
      alt={textOf(node.attrs?.alt) ?? ''}
      loading="lazy"
      {...(sized ? { width, height } : {})}
    />
  );
}

/** Only addresses that open a page or a letter; the server checks the same. */
export function safeLink(href: unknown): string | undefined {
  if (typeof href !== 'string') return undefined;
  try {
    const { protocol } = new URL(href);
    return ['https:', 'http:', 'mailto:'].includes(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}
