// Moderation as the server says it: cases, words, mutes, what the staff did.
import type { Schemas } from '~/api/client';

export type Person = Schemas['UserRef'];

export type CaseKind = Schemas['CaseKind'];
export const caseKinds = ['report', 'held'] as const satisfies readonly CaseKind[];

export type Scope = Schemas['MuteScope'];

/** Of a held message, the id is the message's. `snapshot`: as it was when it was first reported. */
export type Case = Schemas['ModerationCase'];
export type CaseDeed = Schemas['Decision'];
/** `for_s`: seconds; absent: until it is lifted. */
export type Decision = Schemas['ModerationDecision'];

export type WordList = Schemas['WordLanguage'];
export const wordLists = ['any', 'uz', 'ru', 'en', 'he'] as const satisfies readonly WordList[];
export type Verdict = Schemas['WordVerdict'];
export const verdicts = ['reject', 'hold'] as const satisfies readonly Verdict[];
export type NewWord = Schemas['NewChatWord'];
export type Word = Schemas['ChatWord'];

/** Without an `until` it lasts until it is lifted. */
export type Mute = Schemas['MuteView'];

/** From one room, until it is lifted. */
export type Ban = Schemas['BanView'];

export type RoomDeed = 'mute' | 'unmute' | 'kick' | 'ban' | 'unban' | 'lock' | 'unlock' | 'slow_mode';
export type RoomAction = Schemas['ModerationAct'] & { action: RoomDeed };

export type AuditRow = Schemas['AuditRow'];
