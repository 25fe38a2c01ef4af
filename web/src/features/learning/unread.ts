// How many messages of others have come that this person has not read.
import type { RoomState } from '~/live/room';

/** `more`: there may be others among the older messages that are not here. */
export function unreadOf(
  room: Pick<RoomState, 'messages' | 'me' | 'hasOlder'>,
  user: string,
): { count: number; more: boolean } {
  let count = 0;
  for (const { seq, author } of room.messages) if (seq > room.me.read && author !== user) count++;
  const first = room.messages[0];
  return { count, more: room.hasOlder && first !== undefined && first.seq > room.me.read + 1 };
}
