import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { RichText, safeLink } from './RichText';

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
