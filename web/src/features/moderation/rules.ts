// What can be decided in a case, what each decision needs, and for how long. Pure.
import type { CaseDeed, CaseKind, RoomDeed, Scope } from './contract';

const deeds: Record<CaseKind, readonly CaseDeed[]> = {
  report: ['dismiss', 'delete', 'mute', 'ban'],
  held: ['approve', 'refuse', 'mute', 'ban'],
};

/** In the order of weight. What is gone already needs no deleting. */
export const deedsOf = (kind: CaseKind, state: string): CaseDeed[] =>
  deeds[kind].filter((deed) => deed !== 'delete' || state !== 'deleted');

/** For how long somebody may not write, seconds; null until it is lifted. */
export const spans = [3_600, 86_400, 7 * 86_400, 30 * 86_400, null] as const;
export type Span = (typeof spans)[number];

export const hasSpan = (deed: CaseDeed | RoomDeed): boolean => deed === 'mute';
export const hasScope = (deed: CaseDeed | RoomDeed): boolean => deed === 'mute' || deed === 'unmute';

/** Without a course there is none to mute in; over the whole school only its moderators do. */
export const scopesOf = (course: boolean, school: boolean): Scope[] => [
  'room',
  ...(course ? ['course' as const] : []),
  ...(school ? ['all' as const] : []),
];

/** Whether rooms of this kind belong to a course. */
export const ofCourse = (kind: string): boolean =>
  ['lesson', 'task', 'question', 'forum', 'pair', 'news'].includes(kind);

/** Pauses of slow mode, seconds between two messages of one person; 0 is off. */
export const pauses = [0, 5, 10, 30, 60, 300, 900, 3_600] as const;

/** Everything that is done to somebody or to a room has its reason; where nothing is done, none is asked. */
export const needsReason = (deed: CaseDeed | RoomDeed): boolean => deed !== 'dismiss' && deed !== 'approve';

/** What is done to the room and not to a person. */
export const ofRoom = (deed: RoomDeed): boolean => ['lock', 'unlock', 'slow_mode'].includes(deed);

export const REASON = 500;
