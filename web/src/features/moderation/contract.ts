// Moderation as the server says it: cases, words, mutes, what the staff did.

export type Person = { id: string; name: string };

export const caseKinds = ['report', 'held'] as const;
export type CaseKind = (typeof caseKinds)[number];

export type Scope = 'room' | 'course' | 'all';

export type CaseMessage = {
  id: string;
  seq: number;
  author: Person;
  /** As it was when it was first reported, or when it was held. */
  was: string;
  /** As it is now. */
  body: string;
  state: 'shown' | 'held' | 'deleted' | 'refused';
  created_at: string;
};

export type Case = {
  id: string;
  kind: CaseKind;
  room: { id: string; kind: string; title: string; course: { id: string; title: string } | null };
  message: CaseMessage;
  reports: { kind: string; text: string; at: string }[];
  n: number;
  /** Why a message was held: the word or the rule. */
  why: string | null;
  opened_at: string;
  resolution: { action: string; by: Person | null; at: string; reason: string } | null;
};

export type CaseDeed = 'dismiss' | 'delete' | 'mute' | 'ban' | 'approve' | 'refuse';
export type Decision = {
  action: CaseDeed;
  for_s?: number | null;
  scope?: Scope;
  reason: string;
};

export const wordLists = ['any', 'uz', 'ru', 'en', 'he'] as const;
export type WordList = (typeof wordLists)[number];
export const verdicts = ['reject', 'hold'] as const;
export type Verdict = (typeof verdicts)[number];
export type Word = { id: string; language: WordList; word: string; verdict: Verdict; created_at: string };

export type Mute = {
  user: Person;
  scope: Scope;
  room: { id: string; kind: string; title: string } | null;
  course: { id: string; title: string } | null;
  until: string | null;
  reason: string;
  by: Person;
  at: string;
};

export type RoomDeed = 'mute' | 'unmute' | 'kick' | 'ban' | 'unban' | 'lock' | 'unlock' | 'slow_mode';
export type RoomAction = {
  action: RoomDeed;
  user_id?: string;
  scope?: Scope;
  for_s?: number | null;
  slow_s?: number;
  reason: string;
};

export type AuditRow = {
  id: string;
  actor: Person | null;
  action: string;
  subject_kind: string;
  subject_id: string;
  reason: string;
  details: unknown;
  created_at: string;
};
