import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { directionOf, InlineText, pictureAddress, plainText, RichText, safeLink } from './RichText';

type Doc = Parameters<typeof RichText>[0]['doc'];
const html = (...content: Doc[]) => renderToStaticMarkup(<RichText doc={{ type: 'doc', content }} />);

/** CRS-19 TCH-06 */
describe('rich text', () => {
  it('draws the nodes and marks that the server allows', () => {
    const drawn = html(
      { type: 'heading', attrs: { level: 2 }, content: [{ type: 'text', text: 'Indexes' }] },
      {
        type: 'paragraph',
        content: [
          { type: 'text', text: 'fast', marks: [{ type: 'bold' }] },
          { type: 'text', text: 'docs', marks: [{ type: 'link', attrs: { href: 'https://example.org/' } }] },
        ],
      },
      { type: 'orderedList', attrs: { start: 3 }, content: [{ type: 'listItem', content: [] }] },
    );
    expect(drawn).toContain('<h2 dir="auto">Indexes</h2>');
    expect(drawn).toContain('<strong>fast</strong>');
    expect(drawn).toContain('rel="noopener noreferrer nofollow"');
    expect(drawn).toContain('<ol start="3">');
  });

  it('never turns text into markup and passes unknown nodes over', () => {
    const drawn = html(
      { type: 'paragraph', content: [{ type: 'text', text: '<img src=x onerror=alert(1)>' }] },
      { type: 'iframe', attrs: { src: 'https://evil.example' } },
    );
    expect(drawn).toContain('&lt;img');
    expect(drawn).not.toContain('<iframe');
  });

  it('draws formulas left to right, code and pictures of this server', () => {
    const drawn = html(
      { type: 'math_block', attrs: { latex: 'x^2' } },
      { type: 'codeBlock', attrs: { language: 'sql' }, content: [{ type: 'text', text: 'SELECT 1' }] },
      { type: 'image', attrs: { src: '/m/p.png', alt: 'A tree', width: 40, height: 20 } },
      { type: 'image', attrs: { src: 'https://evil.example/p.png', alt: 'x' } },
    );
    expect(drawn).toContain('<bdi dir="ltr"');
    expect(drawn).toContain('<code>x^2</code>');
    expect(drawn).toContain('<code dir="ltr">SELECT 1</code>');
    expect(drawn).toContain('alt="A tree"');
    expect(drawn).not.toContain('evil');
  });

  it.each(['//evil.example/p.png', '/\\evil.example', 'data:image/png;base64,x', 'p.png', undefined])(
    'shows no picture from %s',
    (src) => expect(pictureAddress(src)).toBeUndefined(),
  );

  it('runs as its first letter does, whatever code stands before it', () => {
    const paragraph = (...content: Doc[]): Doc => ({
      type: 'doc',
      content: [{ type: 'paragraph', content }],
    });
    const code = { type: 'text', text: 'orders', marks: [{ type: 'code' }] };
    expect(directionOf(paragraph(code, { type: 'text', text: ' 2,000 שורות' }))).toBe('rtl');
    expect(directionOf(paragraph(code, { type: 'text', text: ' строк' }))).toBe('ltr');
    expect(directionOf(paragraph({ type: 'math_inline', attrs: { latex: 'x' } }))).toBeUndefined();
  });

  it('gives the words of an option, with the source of its formulas', () => {
    const doc: Doc = {
      type: 'doc',
      content: [
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'at most ' },
            { type: 'math_inline', attrs: { latex: '\\sqrt{2}' } },
          ],
        },
      ],
    };
    expect(plainText(doc)).toBe('at most \\sqrt{2}');
    expect(renderToStaticMarkup(<InlineText doc={doc} />)).toContain('at most');
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'nonsense', 4, null])(
    'opens no link to %s',
    (href) => expect(safeLink(href)).toBeUndefined(),
  );

  it('ends in a document that is nested without end', () => {
    let node: Doc = { type: 'paragraph', content: [{ type: 'text', text: 'deep' }] };
    for (let depth = 0; depth < 5000; depth++) node = { type: 'blockquote', content: [node] };
    expect(html(node)).not.toContain('deep');
  });
});
