import katex from 'katex';
import { expect, it } from 'vitest';
import { CHAT_TEX, definesCommands, expansions, isDrawn } from './texRules';

const commands = 'def gdef edef xdef let futurelet newcommand renewcommand providecommand global long'.split(
  ' ',
);

it('draws no formula that defines commands: a few words would be millions in every reader’s tab', () => {
  for (const command of commands) expect(isDrawn(`\\${command}\\a{x}`, CHAT_TEX), command).toBe(false);
  expect(isDrawn(`\\def\\a{${'x'.repeat(300)}}${'\\a'.repeat(80)}`, CHAT_TEX)).toBe(false);
  expect(isDrawn('x'.repeat(CHAT_TEX + 1), CHAT_TEX)).toBe(false);
});

it('draws what schools write, also commands whose names begin alike', () => {
  for (const tex of ['x^2', '\\left(\\frac{1}{2}\\right)', '\\leq \\letter', '\\longrightarrow', '\\defx']) {
    expect(definesCommands(tex), tex).toBe(false);
  }
  const many = '\\ne \\dots \\iff '.repeat(8);
  expect(expansions(many)).toBe(50);
  expect(expansions('x'.repeat(1001))).toBe(150);
  expect(katex.renderToString('a \\ne b \\iff c', { maxExpand: 50 })).toContain('katex');
});
