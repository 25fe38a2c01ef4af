// What the curators' desk asks of the server and gets.
import type { Schemas } from '~/api/client';

export type Person = Schemas['UserRef'];
export type DeskState = 'waiting' | 'mine' | 'closed';

/** One room in which a student asks and the staff answers. */
export type DeskRow = Schemas['DeskLine'];
export type DeskAttempt = Schemas['DeskAttempt'];

/** The question with all that helps to answer it; the documents are trees of the rich text. */
export type DeskQuestion = Omit<Schemas['DeskPanel'], 'statement' | 'solution'> & {
  statement: Schemas['Doc'] | null;
  solution: Schemas['Doc'] | null;
};

export type DeskTemplate = Schemas['Template'];

export type DeskFilter = {
  state: DeskState;
  course?: string | undefined;
  task?: string | undefined;
  kind?: 'task' | 'question' | 'support' | undefined;
  q?: string | undefined;
};
