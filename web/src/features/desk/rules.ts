// The desk's small rules: who waits too long, what a key means, where the next question is, what a template says. Pure.
import type { DeskState } from './contract';

export const states = ['waiting', 'mine', 'closed'] as const satisfies readonly DeskState[];
/** What can be asked at: the kinds of rooms that come to the desk. */
export const kinds = ['task', 'question', 'support'] as const;
export type Kind = (typeof kinds)[number];
export const isKind = (value: unknown): value is Kind => kinds.includes(value as Kind);

/** From here on a wait is told in red, seconds. */
export const LATE = 30 * 60;

/** How long somebody has waited now, seconds; nothing when nobody waits. The server's clock gave `since`. */
export function waited(since: string | null, now: number): number | undefined {
  if (!since) return undefined;
  const at = Date.parse(since);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.floor((now - at) / 1000));
}

export const isLate = (seconds: number | undefined): boolean => seconds !== undefined && seconds >= LATE;

export type Deed = 'next' | 'previous' | 'resolve' | 'templates';

type Key = { key: string; code?: string; ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean };

/**
 * What a key means at the desk. Letters are told by their place on the keyboard, since three of the four languages
 * have other letters there. While somebody types, keys are theirs: "/" in the composer opens its own list.
 */
export function deedOf(event: Key, typing: boolean): Deed | undefined {
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === '/') return 'templates';
  switch (event.code) {
    case 'KeyJ':
      return 'next';
    case 'KeyK':
      return 'previous';
    case 'KeyE':
      return 'resolve';
    default:
      return undefined;
  }
}

/** The neighbour of what is open. At the ends it stays; without anything open the first one is next. */
export function beside<T extends { room_id: string }>(
  rows: readonly T[],
  open: string | undefined,
  by: 1 | -1,
): T | undefined {
  const index = rows.findIndex((row) => row.room_id === open);
  if (index < 0) return rows[0];
  return rows[index + by];
}

/** The words of a template for this student: `{name}` is the first name. */
export const fill = (body: string, student: { name: string }): string =>
  body.replaceAll('{name}', student.name.trim().split(/\s+/)[0] ?? '');
