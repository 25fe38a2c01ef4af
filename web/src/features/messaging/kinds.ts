// The kinds of chat rooms.

export const roomKinds = [
  'lesson',
  'task',
  'question',
  'forum',
  'pair',
  'support',
  'general',
  'staff',
  'news',
  'school_news',
] as const;
export type RoomKind = (typeof roomKinds)[number];

export const isRoomKind = (kind: unknown): kind is RoomKind => roomKinds.includes(kind as RoomKind);
