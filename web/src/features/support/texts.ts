// Words that exist in some of the four languages. Pure.
import { type Locale, locales } from '~/i18n/format';
import type { Texts } from './contract';

/** The words in this language, else in one that is there: people here read Russian and Uzbek before the others. */
export function wordsIn(texts: Texts, locale: Locale): { text: string; locale: Locale } {
  const order: Locale[] = [locale, 'ru', 'uz', 'en', 'he'];
  const found = order.find((name) => texts[name]?.trim());
  return { text: found ? (texts[found] ?? '') : '', locale: found ?? locale };
}

/** Only the languages that hold words, trimmed. */
export function trimmed(texts: Texts): Texts {
  const kept: Texts = {};
  for (const locale of locales) {
    const text = texts[locale]?.trim();
    if (text) kept[locale] = text;
  }
  return kept;
}

/** Languages with a question and no answer, or the other way round. */
export const half = (question: Texts, answer: Texts): Locale[] =>
  locales.filter((locale) => !question[locale]?.trim() !== !answer[locale]?.trim());

/** The list with one entry moved by one place; the same list at its ends. */
export function moved<T>(list: readonly T[], index: number, by: 1 | -1): T[] {
  const to = index + by;
  const next = [...list];
  const [one] = next.splice(index, 1);
  if (one === undefined || to < 0 || to >= list.length) return [...list];
  next.splice(to, 0, one);
  return next;
}
