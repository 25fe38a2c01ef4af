// What the server says about tasks, in one place for learner, author and grader. What it leaves to the kind of a task
// (body, key, answer) has names of its own here, as the pages hold it: with the server's defaults filled in.
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

export const taskKinds = [
  'number',
  'text',
  'choice',
  'choices',
  'order',
  'match',
  'free',
  'file',
] as const satisfies Schemas['TaskKind'][];
export type TaskKind = Schemas['TaskKind'];

export type TaskState = Schemas['TaskState'];
export type Verdict = Schemas['Verdict'];
export type TaskRow = Schemas['TaskRow'];

/** The words of an option: a document of a line or two. */
export type Labelled = { id: string; text: Doc | string };

export type NumberBody = { unit: 'none' | 'optional' | 'required'; units: string[] };
export type ChoiceBody = { options: Labelled[]; pick?: number | null; shuffle?: boolean };
export type OrderBody = { items: Labelled[] };
export type MatchBody = { left: Labelled[]; right: Labelled[]; reuse: boolean };
export type FreeBody = { max_chars: number };
export type FileBody = { max_files: number; max_mb: number; types: string[] };
export type Body =
  | Schemas['TaskBody']
  | NumberBody
  | ChoiceBody
  | OrderBody
  | MatchBody
  | FreeBody
  | FileBody
  | Record<string, never>;

export type FileAnswer = { files: string[]; text?: string | null };
export type Answer = Schemas['TaskAnswer'];
/** Which parts are right, by the id of the part. */
export type Parts = Record<string, boolean>;

export type AnsweredFile = Schemas['AnsweredFile'];
export type Attempt = Schemas['Attempt'];
export type SolutionRule = { after_right: boolean; after_wrong: number | null; after: string | null };
export type Task = Schemas['LearnTask'];
export type Submitted = Schemas['Submitted'];
export type TopicLesson = Schemas['LearnLesson'];
export type Topic = Schemas['Topic'];
export type TaskRoom = Schemas['TaskRoom'];
export type Judged = Schemas['Judged'];
/** What a topic was called and when it opened before a change (CRS-39). */
export type TopicChange = Schemas['ModuleChanged'];

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

/** A task as its editor holds it. */
export type StudioTask = Omit<Schemas['StudioTask'], 'body' | 'key' | 'solution_rule'> & {
  body: Body;
  key: Key;
  solution_rule: SolutionRule;
};

/** A task in the author's lists: what the tree and the lists of a lesson or topic show. */
export type StudioTaskRow = Schemas['StudioTaskRow'];

export type GradingItem = Schemas['GradingItem'];
