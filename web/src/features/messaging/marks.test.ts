import { describe, expect, it } from 'vitest';
import { mentionAt, parts, plain, withMentions, withoutMentions } from './marks';

const id = '0192c000-0000-7000-8000-000000000001';
const shape = (text: string) =>
  parts(text)
    .map((part) => {
      if (part.t === 'text') return part.text;
      if (part.t === 'bold' || part.t === 'italic')
        return `{${part.t} ${plain(part.inside.length ? text : '')}}`;
      const { t, ...rest } = part;
      return `{${t} ${Object.values(rest).join(' ')}}`;
    })
    .join('');

describe('light marks', () => {
  it('are found in a text', () => {
    expect(shape('see `date_trunc` here')).toBe('see {code date_trunc} here');
    expect(shape('```sql\nSELECT *\nFROM a\n```')).toBe('{block SELECT *\nFROM a sql}');
    expect(shape('so $x^2$ and $$\\int x$$')).toBe('so {formula x^2 false} and {formula \\int x true}');
    expect(shape(`@[Ann Lee](${id}) look`)).toBe(`{mention Ann Lee ${id}} look`);
    expect(shape(`at [12:48](lesson:${id}?t=768).`)).toBe(`at {moment 12:48 ${id} 768}.`);
    expect(parts('**a *b* c**')).toEqual([
      {
        t: 'bold',
        inside: [
          { t: 'text', text: 'a ' },
          { t: 'italic', inside: [{ t: 'text', text: 'b' }] },
          { t: 'text', text: ' c' },
        ],
      },
    ]);
  });

  it('are not seen where something else is meant', () => {
    for (const text of [
      '2*3*4 and a**b',
      'costs $5 and $6',
      'a_b_c `open',
      '** no **',
      '[x](javascript:alert(1))',
      '@[Ann](nobody)',
      '```',
      '<b>hi</b>',
    ]) {
      expect(parts(text), text).toEqual([{ t: 'text', text }]);
    }
  });

  it('take an address without what follows it', () => {
    expect(shape('(https://example.org/a_(b)).')).toBe(
      '({link https://example.org/a_(b) https://example.org/a_(b)}).',
    );
    expect(shape('see https://example.org/x?y=1, then')).toBe(
      'see {link https://example.org/x?y=1 https://example.org/x?y=1}, then',
    );
    expect(shape('http://')).toBe('http://');
  });

  it('leave what stands outside of them in its order, and end soon', () => {
    const pieces = [
      '*',
      '**',
      '`',
      '```',
      '$',
      '$$',
      '@[',
      '](',
      ')',
      ' ',
      '\n',
      'слово',
      'שלום',
      'https://a.b',
    ];
    let state = 7;
    for (let run = 0; run < 500; run++) {
      let text = '';
      for (let n = 0; n < 30; n++) {
        state = (state * 1_664_525 + 1_013_904_223) >>> 0;
        text += pieces[state % pieces.length];
      }
      let from = 0;
      for (const part of parts(text)) {
        if (part.t !== 'text') continue;
        const at = text.indexOf(part.text, from);
        expect(at, text).toBeGreaterThanOrEqual(from);
        from = at + part.text.length;
      }
    }
    const started = performance.now();
    parts('```'.repeat(1300));
    parts('*a'.repeat(2000));
    parts('$a'.repeat(2000));
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('give way to the words alone in a list', () => {
    expect(plain(`**Hi** @[Ann](${id}),\nsee \`x\` at [1:02](lesson:${id}?t=62)`)).toBe(
      'Hi @Ann, see x at 1:02',
    );
  });

  it('show a formula in one line as words and signs', () => {
    expect(plain('why $\\log_{200} 2\\,000 \\approx 2{,}74$?')).toBe('why log_200 2 000 ≈ 2,74?');
    expect(plain('$$\\frac{a}{b} \\cdot \\sqrt{2} \\le 5\\%$$')).toBe('(a)/(b) · √2 ≤ 5%');
  });
});

describe('mentions', () => {
  const ann = { id, name: 'Ann' };
  const annLee = { id: id.replace(/1$/, '2'), name: 'Ann Lee' };

  it('go out with the id of who was chosen, and come back as typed', () => {
    const sent = withMentions('@Ann Lee and @Ann, not @Anna or `@Ann`', [ann, annLee]);
    expect(sent.body).toBe(`@[Ann Lee](${annLee.id}) and @[Ann](${id}), not @Anna or \`@Ann\``);
    expect(sent.mentions).toEqual([annLee.id, id]);
    expect(withoutMentions(sent.body)).toEqual({
      text: '@Ann Lee and @Ann, not @Anna or `@Ann`',
      people: [annLee, ann],
    });
    expect(withMentions('@Ann', [])).toEqual({ body: '@Ann', mentions: [] });
  });

  it('are suggested after an @ that begins a word', () => {
    expect(mentionAt('hi @Дил', 7)).toEqual({ from: 3, q: 'Дил' });
    expect(mentionAt('@', 1)).toEqual({ from: 0, q: '' });
    expect(mentionAt('a@b.c', 5)).toBeUndefined();
    expect(mentionAt('no', 2)).toBeUndefined();
  });
});
