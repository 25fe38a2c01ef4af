// Moderation as the server says it: cases, words, mutes, what the staff did.
import type { Schemas } from '~/api/client';

export type Person = { id: string; name: string };

export const caseKinds = ['report', 'held'] as const;
export type CaseKind = (typeof caseKinds)[number];

export type Scope = 'room' | 'course' | 'all';

export type Case = {
  /** Of a held message, the message's. */
  id: string;
  kind: CaseKind;
  room: { id: string; kind: string; title: string };
  message: {
    id: string;
    seq: number;
    author: string;
    author_name: string;
    created_at: string;
    /** `shown`, `held`, `deleted` or `refused`. */
    state: string;
    /** As it is. */
    body: string;
    /** As it was when it was first reported. */
    snapshot: string;
  };
  /** Without their senders. */
  reports: { kind: string; text: string; at: string }[];
  n: number;
  opened_at: string;
  resolved_at: string | null;
  resolved_by: string | null;
  resolution: string | null;
};

export type CaseDeed = 'dismiss' | 'delete' | 'mute' | 'ban' | 'approve' | 'refuse';
export type Decision = {
  action: CaseDeed;
  /** Seconds; absent: until it is lifted. */
  for_s?: number;
  scope?: Scope;
  reason: string;
};

export const wordLists = ['any', 'uz', 'ru', 'en', 'he'] as const;
export type WordList = (typeof wordLists)[number];
export const verdicts = ['reject', 'hold'] as const;
export type Verdict = (typeof verdicts)[number];
export type NewWord = { language: WordList; word: string; verdict: Verdict };
export type Word = NewWord & { id: string; created_at: string };

export type Mute = {
  user_id: string;
  name: string;
  scope: Scope;
  room_id: string | null;
  course_id: string | null;
  /** Null: until it is lifted. */
  until: string | null;
  reason: string;
};

export type RoomDeed = 'mute' | 'unmute' | 'kick' | 'ban' | 'unban' | 'lock' | 'unlock' | 'slow_mode';
export type RoomAction = {
  action: RoomDeed;
  user_id?: string;
  scope?: Scope;
  /** Seconds; absent: until it is lifted. */
  for_s?: number;
  slow_s?: number;
  reason: string;
};

export type AuditRow = Schemas['AuditRow'];
