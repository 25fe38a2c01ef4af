// What the curators' desk asks of the server and gets.
import type { Schemas } from '~/api/client';

export type Person = { id: string; name: string };
export type DeskState = 'waiting' | 'mine' | 'closed';

/** One room in which a student asks and the staff answers. */
export type DeskRow = {
  room_id: string;
  kind: string;
  course: { id: string; title: string } | null;
  task: { id: string; title: string } | null;
  lesson: { id: string; title: string } | null;
  /** The thread's title, for a question on a lesson. */
  title: string | null;
  student: { id: string; name: string; locale: string };
  /** The student's last message that waits, or the last one of the room. */
  text: string;
  waiting_s: number | null;
  waiting_since: string | null;
  /** Wrong attempts at the task. */
  wrong: number | null;
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
  /** The version of the task that it answered. */
  version: number;
  verdict: string;
  /** The answer in words. */
  shown: string;
  at: string;
};

/** The question with all that helps to answer it. */
export type DeskQuestion = DeskRow & {
  asked: { version: number; statement: Schemas['Doc']; solution: Schemas['Doc'] | null } | null;
  attempts: DeskAttempt[];
  progress: {
    percent: number;
    lessons_done: number;
    lessons: number;
    tasks_right: number;
    tasks: number;
  } | null;
  past: { n: number; resolved: number };
  note: { text: string; by: Person; at: string } | null;
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
