// The filters over the list of rooms: kinds that people think of together. Pure.
import type { RoomKind } from './kinds';

export const roomGroups = ['tasks', 'lessons', 'people', 'support', 'news'] as const;
export type RoomGroup = (typeof roomGroups)[number];

export const kindsOf: Record<RoomGroup, readonly RoomKind[]> = {
  tasks: ['task'],
  lessons: ['lesson', 'question', 'forum'],
  people: ['pair', 'general', 'staff'],
  support: ['support'],
  news: ['news', 'school_news'],
};

export const groupOf = (value: unknown): RoomGroup | undefined => roomGroups.find((group) => group === value);
