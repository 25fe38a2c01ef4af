// What a form can tell about a field before the server does. The server decides; these only save a round trip.

/** A problem as a key of the `identity` words, with the numbers that the sentence needs. */
export type Problem =
  | { key: 'problem.required' | 'problem.email' | 'problem.phone' }
  | { key: 'problem.passwordShort' | 'problem.codeShort'; count: number }
  | { key: 'problem.tooLong'; max: number };

export const MIN_PASSWORD = 10;
export const CODE_LENGTH = 6;
const MAX_NAME = 100;

/** Characters as people count them, not UTF-16 units. */
const length = (text: string) => [...text].length;

export function required(text: string, max = MAX_NAME): Problem | undefined {
  if (!text.trim()) return { key: 'problem.required' };
  return length(text) > max ? { key: 'problem.tooLong', max } : undefined;
}

export function email(text: string): Problem | undefined {
  if (!text.trim()) return { key: 'problem.required' };
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim()) ? undefined : { key: 'problem.email' };
}

export function newPassword(text: string): Problem | undefined {
  if (!text) return { key: 'problem.required' };
  const count = MIN_PASSWORD - length(text);
  if (count > 0) return { key: 'problem.passwordShort', count };
  return length(text) > 128 ? { key: 'problem.tooLong', max: 128 } : undefined;
}

export function code(text: string): Problem | undefined {
  const count = CODE_LENGTH - digits(text).length;
  return count > 0 ? { key: 'problem.codeShort', count } : undefined;
}

/** Six digits may come with spaces, dashes, or the digits of another script. */
export const digits = (text: string): string => text.normalize('NFKC').replace(/\D/g, '');

/** Optional; with a country code, as E.164 wants it. */
export function phone(text: string): Problem | undefined {
  if (!text.trim()) return undefined;
  return /^\+\d{7,15}$/.test(plainPhone(text)) ? undefined : { key: 'problem.phone' };
}

export const plainPhone = (text: string): string => text.replace(/[\s()-]/g, '');

/** Where to go after sign-in: only a path of this site, so that a crafted link leads nowhere else. */
export function safeNext(next: unknown): string | undefined {
  if (typeof next !== 'string' || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) {
    return undefined;
  }
  const target = new URL(next, 'https://here.invalid');
  return target.origin === 'https://here.invalid' ? target.pathname + target.search + target.hash : undefined;
}
