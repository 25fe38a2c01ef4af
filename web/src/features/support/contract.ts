// What help asks of the server and gets.
import type { Schemas } from '~/api/client';
import type { Locale } from '~/i18n/format';

/** The same words in those languages that somebody wrote them in. */
export type Texts = Partial<Record<Locale, string>>;

export const topics = [
  'admission',
  'scores',
  'learning',
  'payment',
  'account',
  'technical',
  'other',
] as const;
export type Topic = (typeof topics)[number];
export const isTopic = (value: unknown): value is Topic => topics.includes(value as Topic);

export type FaqEntry = Omit<Schemas['FaqEntry'], 'question' | 'answer'> & { question: Texts; answer: Texts };
