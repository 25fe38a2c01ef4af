// What the curators' desk asks of the server and gets.
import type { Schemas } from '~/api/client';

export type Person = { id: string; name: string };
export type DeskState = 'waiting' | 'mine' | 'closed';

/** One room in which a student asks and the staff answers. */
export type DeskRow = {
  room_id: string;
  kind: string;
  course: { id: string; slug: string; title: string } | null;
  task: { id: string; title: string } | null;
  lesson: { id: string; title: string } | null;
  student: { id: string; name: string; locale: string };
  /** The student's last message that waits, or the last one of the room. */
  text: string;
  waiting_s: number | null;
  waiting_since: string | null;
  /** Wrong attempts at the task. */
  wrong: number;
  claimed_by: Person | null;
  claimed_until: string | null;
  resolved_at: string | null;
};

export type DeskPage = {
  items: DeskRow[];
  next_cursor?: string | null;
  counts: { waiting: number; mine: number };
  answer_s: { median: number | null; p90: number | null; n: number };
};

export type DeskAttempt = {
  no: number;
  verdict: string;
  answer: string;
  at: string;
};

/** The question with all that helps to answer it. */
export type DeskQuestion = DeskRow & {
  statement: Schemas['Doc'] | null;
  solution: Schemas['Doc'] | null;
  attempts: DeskAttempt[];
  progress: { percent: number; done: number; total: number } | null;
  past: { n: number; resolved: number };
  note: { text: string; by: string; at: string } | null;
};

export type DeskTemplate = {
  id: string;
  title: string;
  body: string;
  /** For the whole staff, or the writer's own. */
  shared: boolean;
  course_id: string | null;
};

export type DeskFilter = {
  state: DeskState;
  course?: string | undefined;
  task?: string | undefined;
  kind?: string | undefined;
  q?: string | undefined;
};
