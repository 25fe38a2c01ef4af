// What the list of a chat shows, in order: messages, what is still unsent, and the dividers between them. Pure.
import type { Unsent } from '~/live/outbox';
import type { ChatMessage } from '~/live/protocol';

export type Item =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'new'; key: string }
  | {
      kind: 'message';
      key: string;
      message: ChatMessage;
      own: boolean;
      /** First and last of a run of one author: name above, time below. */
      first: boolean;
      last: boolean;
    }
  | { kind: 'unsent'; key: string; unsent: Unsent };

/** A run ends after this pause, in milliseconds. */
const RUN = 5 * 60_000;

/** `unreadAfter`: the newest entry read when the chat was opened; undefined shows no divider. `dayOf` names a day. */
export function chatItems(
  messages: readonly ChatMessage[],
  outbox: readonly Unsent[],
  me: string,
  unreadAfter: number | undefined,
  dayOf: (at: Date) => string,
): Item[] {
  const items: Item[] = [];
  let day = '';
  let divided = unreadAfter === undefined;
  for (const [index, message] of messages.entries()) {
    const today = dayOf(new Date(message.created_at));
    if (today !== day) {
      items.push({ kind: 'day', key: `day ${today}`, at: message.created_at });
      day = today;
    }
    const own = message.author === me;
    let fresh = false;
    if (!divided && !own && unreadAfter !== undefined && message.seq > unreadAfter) {
      items.push({ kind: 'new', key: 'new' });
      divided = true;
      fresh = true;
    }
    const before = messages[index - 1];
    const after = messages[index + 1];
    items.push({
      kind: 'message',
      key: message.client_id && own ? message.client_id : message.id,
      message,
      own,
      first: fresh || !before || !sameRun(before, message, dayOf),
      last: !after || !sameRun(message, after, dayOf),
    });
  }
  for (const unsent of outbox) items.push({ kind: 'unsent', key: unsent.client_id, unsent });
  return items;
}

function sameRun(one: ChatMessage, two: ChatMessage, dayOf: (at: Date) => string): boolean {
  if (one.author !== two.author) return false;
  const [from, to] = [new Date(one.created_at), new Date(two.created_at)];
  return to.getTime() - from.getTime() < RUN && dayOf(from) === dayOf(to);
}
