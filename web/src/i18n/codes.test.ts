import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The server's one table of public error codes. */
const table = readFileSync(new URL('../../../src/platform/http/codes.rs', import.meta.url), 'utf8');
const words = JSON.parse(readFileSync(new URL('./locales/en/errors.json', import.meta.url), 'utf8'));

/** What the work on a video can fail with; the names of the table above stand there as `Code::…`. */
const reasons = readFileSync(new URL('../../../src/video/reasons.rs', import.meta.url), 'utf8');

it('has words for every reason that a video can fail for', () => {
  const told = [...reasons.matchAll(/^ {4}\("[a-z_]+", "([a-z_]+)"\),$/gm)].map(
    (match) => match[1] as string,
  );
  expect(told.length).toBeGreaterThan(15);
  expect(told.filter((code) => !(code in words))).toEqual([]);
});

it('has words for every code that the server can answer with', () => {
  const codes = [...table.matchAll(/^ {4}\w+, "([a-z_]+)", \d{3}, "/gm)].map((match) => match[1] as string);
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !(code in words))).toEqual([]);
});
