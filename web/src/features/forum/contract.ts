// Questions on a lesson and threads of a course's forum, as the server says them.
import type { MessageAt } from '~/live/protocol';

/** Where threads stand: under a lesson, or in the forum of a course. */
export type Place = { kind: 'question'; lesson: string; course: string } | { kind: 'forum'; course: string };

export const threadStates = ['all', 'open', 'answered'] as const;
export type ThreadState = (typeof threadStates)[number];
export const isThreadState = (value: unknown): value is ThreadState =>
  threadStates.includes(value as ThreadState);

export type Thread = {
  room_id: string;
  title: string;
  opener: { id: string; name: string };
  created_at: string;
  active_at: string;
  /** Messages beside the first. */
  replies: number;
  answered: boolean;
  /** Up to 100, which stands for more than 99. */
  unread: number;
  locked: boolean;
  at: MessageAt | null;
};

export type ThreadFilter = { q?: string | undefined; state?: ThreadState | undefined };

export type NewThread = { title: string; body: string; at?: MessageAt; client_id: string };

/** Titles are at least so long, in characters. */
export const SHORTEST = 3;
export const LONGEST = 200;
