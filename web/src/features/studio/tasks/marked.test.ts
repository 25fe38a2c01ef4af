import { describe, expect, it } from 'vitest';
import { docOf, markedOf } from './marked';

describe('an option as it is typed', () => {
  it('becomes a document of one paragraph', () => {
    expect(docOf('at most $\\sqrt{2}$ of `n` **rows**')).toEqual({
      type: 'doc',
      content: [
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'at most ' },
            { type: 'math_inline', attrs: { latex: '\\sqrt{2}' } },
            { type: 'text', text: ' of ' },
            { type: 'text', text: 'n', marks: [{ type: 'code' }] },
            { type: 'text', text: ' ' },
            { type: 'text', text: 'rows', marks: [{ type: 'bold' }] },
          ],
        },
      ],
    });
    expect(docOf('')).toEqual({ type: 'doc', content: [{ type: 'paragraph' }] });
  });

  it.each([
    'plain words',
    'cost: 5\\$ and 7\\$',
    '2 \\* 3 \\* 4',
    '`a*b`',
    '**bold *and italic***',
    '$x^2$ or $y$',
    'two\nlines',
    '![a tree](/files/task-images/1.webp)',
    'before ![a tree](/files/task-images/1.webp) after',
    'C:\\\\path',
    'Oʻzbekiston, שלום',
  ])('%j survives the way there and back', (typed) => {
    const once = markedOf(docOf(typed));
    expect(markedOf(docOf(once))).toBe(once);
    expect(docOf(once)).toEqual(docOf(typed));
  });

  it('leaves a lonely sign as it is', () => {
    expect(docOf('5 * 4')).toEqual({
      type: 'doc',
      content: [{ type: 'paragraph', content: [{ type: 'text', text: '5 * 4' }] }],
    });
    expect(docOf('$')).toEqual({
      type: 'doc',
      content: [{ type: 'paragraph', content: [{ type: 'text', text: '$' }] }],
    });
  });

  it('sets a picture between paragraphs', () => {
    expect(docOf('a![b](/c)d').content?.map(({ type }) => type)).toEqual(['paragraph', 'image', 'paragraph']);
  });

  it('takes no picture from elsewhere', () => {
    expect(JSON.stringify(docOf('![x](https://evil.example/p.png)'))).not.toContain('image');
  });
});
