import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The server's one table of public error codes. */
const table = readFileSync(new URL('../../../src/platform/http/codes.rs', import.meta.url), 'utf8');
const words = JSON.parse(readFileSync(new URL('./locales/en/errors.json', import.meta.url), 'utf8'));

it('has words for every code that the server can answer with', () => {
  const codes = [...table.matchAll(/^ {4}\w+, "([a-z_]+)", \d{3}, "/gm)].map((match) => match[1] as string);
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !(code in words))).toEqual([]);
});
