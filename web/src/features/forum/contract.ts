// Questions on a lesson and threads of a course's forum, as the server says them.
import type { Schemas } from '~/api/client';

/** Where threads stand: under a lesson, or in the forum of a course. */
export type Place = { kind: 'question'; lesson: string; course: string } | { kind: 'forum'; course: string };

export const threadStates = ['all', 'open', 'answered'] as const;
export type ThreadState = (typeof threadStates)[number];
export const isThreadState = (value: unknown): value is ThreadState =>
  threadStates.includes(value as ThreadState);

export type Thread = Schemas['Thread'];

export type ThreadFilter = { q?: string | undefined; state?: ThreadState | undefined };

export type NewThread = Schemas['NewThread'];

/** Titles are at least so long, in characters. */
export const SHORTEST = 3;
export const LONGEST = 200;
