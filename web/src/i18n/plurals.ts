// Plural forms. A language file gives the forms that differ; the rest is filled in when it is loaded, because
// Uzbek nouns do not change after a number and Russian fractions are not shown.

export type Words = { [key: string]: string | Words };

/** The forms that a file must hold for each counted key: uz 1, en 2, ru 3, he 3. */
export const pluralForms: Record<string, readonly string[]> = {
  uz: ['other'],
  en: ['one', 'other'],
  ru: ['one', 'few', 'many'],
  he: ['one', 'two', 'other'],
};

const fillFrom: Record<string, { from: string; to: string }> = {
  uz: { from: '_other', to: '_one' },
  ru: { from: '_many', to: '_other' },
};

export function fillPlurals(language: string, words: Words): Words {
  const fill = fillFrom[language];
  if (!fill) return words;
  const filled: Words = {};
  for (const [key, value] of Object.entries(words)) {
    if (typeof value !== 'string') {
      filled[key] = fillPlurals(language, value);
      continue;
    }
    filled[key] = value;
    if (key.endsWith(fill.from)) {
      const other = key.slice(0, -fill.from.length) + fill.to;
      if (words[other] === undefined) filled[other] = value;
    }
  }
  return filled;
}
