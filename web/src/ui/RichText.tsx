// Shows a rich text document. It is a tree of allowed nodes, drawn as React elements: there is no HTML to inject.
import { createElement, type ReactNode } from 'react';
import type { Schemas } from '~/api/client';
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

export function RichText({ doc, className = '' }: { doc: Node; className?: string }) {
  return (
    // Two of them: what runs the other way than the page also begins at the other edge of its column.
    <div dir="auto">
      <div className={`${css.read} ${className}`}>{children(doc, 0)}</div>
    </div>
  );
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
        <pre key={key}>
          <code>{inside()}</code>
        </pre>
      );
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
    if (element) drawn = createElement(element, {}, drawn);
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
