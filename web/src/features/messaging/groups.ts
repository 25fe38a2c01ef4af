// The filters over the list of rooms. Pure.
import type { RoomKind } from './kinds';

export const roomGroups = [
  'task',
  'lesson',
  'question',
  'forum',
  'pair',
  'support',
  'news',
] as const satisfies readonly RoomKind[];
export type RoomGroup = (typeof roomGroups)[number];

export const groupOf = (value: unknown): RoomGroup | undefined => roomGroups.find((group) => group === value);
