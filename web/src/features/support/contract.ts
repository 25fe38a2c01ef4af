// What help asks of the server and gets.
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

export type FaqEntry = {
  id: string;
  topic: string;
  question: Texts;
  answer: Texts;
  published: boolean;
  helpful: number;
  unhelpful: number;
  version: number;
};

export type Support = {
  room_id: string | null;
  on_duty: number;
  expected_s: number | null;
  /** Of the last question; null: nothing was ever asked. */
  state: 'waiting' | 'answered' | 'resolved' | null;
};
