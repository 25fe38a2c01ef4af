// What pages take from the search part of an address: only what can be meant. Pure.

/** An id, or nothing. */
export const id = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined;

/** Words that somebody looks for, trimmed, at most 200 characters; the router reads bare digits as a number. */
export const words = (value: unknown): string | undefined => {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' ? text.trim().slice(0, 200) || undefined : undefined;
};
