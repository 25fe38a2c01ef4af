import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The server's one table of public error codes. */
const table = readFileSync(new URL('../../../src/platform/http/codes.rs', import.meta.url), 'utf8');
const words = JSON.parse(readFileSync(new URL('./locales/en/errors.json', import.meta.url), 'utf8'));

/** What the work on a video can fail with; `public_code` gives some of them names of the table above. */
const source = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const reasons = source('media/src/probe.rs').split('fn code(&self)')[1]?.split('\n    }')[0] ?? '';
const renamed = source('src/video/book/settle.rs').split('fn public_code(')[1]?.split('\n}')[0] ?? '';

it('has words for every reason that a video can fail for', () => {
  const all = [
    ...reasons.matchAll(/=> "([a-z_]+)"/g),
    ...source('media/src/worker/child.rs').matchAll(/failure\("([a-z_]+)"/g),
    ...source('src/video/child.rs').matchAll(/passing\(\s*"([a-z_]+)"/g),
    ...source('src/video/book/settle.rs').matchAll(/refused\("([a-z_]+)"/g),
  ].map((match) => match[1] as string);
  expect(all.length).toBeGreaterThan(15);
  const shown = all.filter((code) => !renamed.includes(`"${code}"`));
  expect(shown.filter((code) => !(code in words))).toEqual([]);
});

it('has words for every code that the server can answer with', () => {
  const codes = [...table.matchAll(/^ {4}\w+, "([a-z_]+)", \d{3}, "/gm)].map((match) => match[1] as string);
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !(code in words))).toEqual([]);
});
