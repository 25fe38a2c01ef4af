// What the server says about tasks, in one place for learner, author and grader.
import type { Schemas } from '~/api/client';

export type Doc = Schemas['Doc'];

/** Why an answer cannot be read; the words are in tasks.json. */
export const hints = [
  'empty',
  'too_long',
  'shape',
  'not_a_number',
  'zero_denominator',
  'fraction_forbidden',
  'fraction_not_reduced',
  'percent',
  'exponent',
  'unit_missing',
  'unit_unknown',
  'one_number',
  'more_digits',
  'unknown_option',
  'choose_more',
  'choose_fewer',
  'not_moved',
  'incomplete',
  'used_twice',
  'almost',
] as const;
export type Hint = (typeof hints)[number];

export const taskKinds = ['number', 'text', 'choice', 'choices', 'order', 'match', 'free', 'file'] as const;
export type TaskKind = (typeof taskKinds)[number];

export type TaskState = 'new' | 'wrong' | 'partial' | 'right' | 'pending';
export type Verdict = 'right' | 'wrong' | 'partial' | 'pending';

export type TaskRow = {
  id: string;
  lesson_id: string | null;
  title: string;
  kind: TaskKind;
  points: number;
  required: boolean;
  state: TaskState;
  tries: number;
  wrong: number;
  /** Points earned. */
  score: number;
  chat: 'closed' | 'open';
  chat_after: number;
};

/** The words of an option: a document of a line or two. */
export type Labelled = { id: string; text: Doc | string };

export type NumberBody = { unit: 'none' | 'optional' | 'required'; units: string[] };
export type ChoiceBody = { options: Labelled[]; pick?: number | null; shuffle?: boolean };
export type OrderBody = { items: Labelled[] };
export type MatchBody = { left: Labelled[]; right: Labelled[]; reuse: boolean };
export type FreeBody = { max_chars: number };
export type FileBody = { max_files: number; max_mb: number; types: string[] };
export type Body =
  | NumberBody
  | ChoiceBody
  | OrderBody
  | MatchBody
  | FreeBody
  | FileBody
  | Record<string, never>;

export type FileAnswer = { files: string[]; text: string };
/** Which parts are right, by the id of the part. */
export type Parts = Record<string, boolean>;
/** An exact share, 0 to 1. */
export type Score = { num: number; den: number };
export type Answer = string | string[] | Record<string, string> | FileAnswer;

export type AnsweredFile = { id: string; name: string; size: number; url?: string | null };

export type Attempt = {
  id: string;
  no: number;
  version: number;
  answer: Answer;
  verdict: Verdict;
  score: Score;
  /** Points earned. */
  points: number;
  parts: Parts | null;
  /** How the answer was understood. */
  read_as: string | null;
  comment: string | null;
  created_at: string;
  graded_at: string | null;
  files: AnsweredFile[] | null;
};

export type SolutionRule = { after_right: boolean; after_wrong: number | null; after: string | null };

export type TaskPlace = { id: string; title: string };

export type Task = TaskRow & {
  version: number;
  statement: Doc;
  body: Body;
  draft: Answer | null;
  attempts: Attempt[];
  /** Until the next answer is taken, seconds. */
  wait_s: number;
  solution: { state: 'none' | 'closed' | 'open'; rule: SolutionRule };
  need_wrong: number;
  course: { id: string; slug: string; title: string };
  topic: TaskPlace & { position: number };
  previous_id: string | null;
  next_id: string | null;
};

export type Submitted = {
  attempt: Attempt;
  task: TaskRow;
  need_wrong: number;
  chat_opened: boolean;
  feedback: string | null;
};

export type TopicLesson = Schemas['LearnLesson'];

export type Topic = {
  id: string;
  title: string;
  position: number;
  course: { id: string; slug: string; title: string };
  opens_at: string | null;
  is_open: boolean;
  lessons: TopicLesson[];
  tasks: TaskRow[];
  done: number;
  total: number;
};

export type TaskRoom = {
  room_id: string | null;
  open: boolean;
  need_wrong: number;
  expected_s: number | null;
};

export type Judged = {
  verdict: Verdict | 'invalid';
  score: Score;
  parts: Parts | null;
  normal: string;
  read_as: string | null;
  hint: string | null;
  feedback: string | null;
};

/** What a topic was called and when it opened before a change (CRS-39). */
export type TopicChange = {
  title: string;
  opens_at: string | null;
  by: { id: string; name: string };
  at: string;
};

// --- the author's side ---

/** A range of right numbers; no end is null. */
export type Interval = { from: string | null; to: string | null; from_open: boolean; to_open: boolean };
export type NumberKey = {
  values: string[];
  mode: 'any' | 'all';
  abs: string | null;
  rel: string | null;
  digits: number | null;
  min_given: boolean;
  intervals: Interval[];
  percent: 'reject' | 'number' | 'fraction';
  fractions: 'allow' | 'require_reduced' | 'forbid';
  unit: 'none' | 'optional' | 'required';
  units: { spelling: string; factor: string }[];
};
export type TextKey = {
  variants: { text: string; score: string; feedback: string | null }[];
  patterns: { pattern: string; score: string; feedback: string | null }[];
  case_sensitive: boolean;
  lookalikes: boolean;
  yo_distinct: boolean;
  ignore_spaces: boolean;
  digits_any_order: boolean;
  near_miss: boolean;
};
export const choiceMethods = [
  'exact',
  'penalty',
  'balanced',
  'each',
  'each_minus',
  'weights',
  'ege2',
] as const;
export const orderMethods = ['exact', 'absolute', 'adjacent', 'longest', 'kendall', 'distance'] as const;
export type ChoiceKey = {
  right: string[];
  method: (typeof choiceMethods)[number];
  weights?: Record<string, string> | null;
};
export type OrderKey = { order: string[]; method: (typeof orderMethods)[number] };
export type MatchKey = { pairs: Record<string, string>; reuse: boolean };
export type OpenKey = { rubric: string | null };
export type Key = NumberKey | TextKey | ChoiceKey | OrderKey | MatchKey | OpenKey;

export type StudioTask = {
  id: string;
  course_id: string;
  module_id: string;
  lesson_id: string | null;
  kind: TaskKind;
  title: string;
  points: number;
  required: boolean;
  chat_after: number | null;
  version: number;
  statement: Doc;
  body: Body;
  key: Key;
  solution: Doc | null;
  solution_rule: SolutionRule;
  note: string | null;
  edited_by: { id: string; name: string };
  edited_at: string;
};

/** A task in the author's lists: what the tree and the lists of a lesson or topic show. */
export type StudioTaskRow = Pick<
  StudioTask,
  'id' | 'module_id' | 'lesson_id' | 'kind' | 'title' | 'points' | 'required' | 'version'
>;

export type GradingItem = {
  attempt: Attempt;
  task: { id: string; title: string; kind: TaskKind; points: number; statement: Doc; rubric: string };
  course: { id: string; title: string };
  student: { id: string; name: string };
};
