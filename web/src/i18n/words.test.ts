import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { locales } from './format';
import { fillPlurals, pluralForms, type Words } from './plurals';

const folder = new URL('./locales/', import.meta.url);
const namespaces = readdirSync(new URL('en/', folder)).filter((name) => name.endsWith('.json'));
const read = (locale: string, file: string): Words =>
  JSON.parse(readFileSync(new URL(`${locale}/${file}`, folder), 'utf8'));

function flat(words: Words, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') found.set(prefix + key, value);
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}
const form = /_(zero|one|two|few|many|other)$/;
const names = (text: string) => [...text.matchAll(/{{(\w+)/g)].map((match) => match[1]).sort();

/** LOC-01 */
describe.each(namespaces)('the words of %s', (file) => {
  const reference = flat(read('en', file));
  const keys = new Set([...reference.keys()].map((key) => key.replace(form, '')));
  const counted = new Set(
    [...reference.keys()].filter((key) => form.test(key)).map((key) => key.replace(form, '')),
  );

  it.each(locales)('are all there in %s, in every plural form of that language', (locale) => {
    const expected = [...keys].flatMap((key) =>
      counted.has(key) ? (pluralForms[locale] ?? []).map((name) => `${key}_${name}`) : [key],
    );
    const words = flat(read(locale, file));
    expect([...words.keys()].sort()).toEqual(expected.sort());
    for (const [key, text] of words) expect(text.trim(), `${locale} ${key}`).not.toBe('');
  });

  it.each(locales)('fill the same places in %s', (locale) => {
    for (const [key, text] of flat(read(locale, file))) {
      const base = key.replace(form, '');
      const model = reference.get(base) ?? reference.get(`${base}_other`) ?? '';
      const given = names(text);
      // A form for one or two may say the number as a word ("שני שיעורים").
      const mayDrop = /_(one|two)$/.test(key);
      expect(
        mayDrop ? given.every((name) => names(model).includes(name)) : given,
        `${locale} ${key}`,
      ).toEqual(mayDrop ? true : names(model));
    }
  });

  it('keep to the tone: no exclamation marks', () => {
    for (const locale of locales) {
      for (const [key, text] of flat(read(locale, file))) expect(text, `${locale} ${key}`).not.toContain('!');
    }
  });
});

describe('plural forms', () => {
  it.each(locales)('exist for every number that %s can count to', (locale) => {
    const words = fillPlurals(
      locale,
      Object.fromEntries((pluralForms[locale] ?? []).map((name) => [`key_${name}`, name])),
    );
    const rules = new Intl.PluralRules(locale);
    for (let n = 0; n <= 1000; n++) expect(words[`key_${rules.select(n)}`], `${locale} ${n}`).toBeDefined();
  });
});
