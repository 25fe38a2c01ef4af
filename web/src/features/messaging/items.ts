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
const QUARTER = 15 * 60_000;

/** Times are read once a message, however often the list is made. */
const read = new WeakMap<ChatMessage, number>();
function timeOf(message: ChatMessage): number {
  let at = read.get(message);
  if (at === undefined) {
    at = Date.parse(message.created_at);
    read.set(message, at);
  }
  return at;
}

/** The quarters of an hour whose day is known, for each way of naming days. Days begin at a quarter in every zone. */
const named = new WeakMap<(at: Date) => string, Map<number, string>>();

/** The name of the day of a time. A day is named once and its end is looked for, because naming is slow. */
function dayAt(at: number, dayOf: (at: Date) => string): string {
  let days = named.get(dayOf);
  if (!days) {
    days = new Map();
    named.set(dayOf, days);
  }
  const quarter = Math.floor(at / QUARTER);
  const known = days.get(quarter);
  if (known !== undefined) return known;
  const day = dayOf(new Date(at));
  // The last quarter of the day lies within 25 hours: the day on which clocks go back has them.
  let [low, high] = [quarter, quarter + 100];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (dayOf(new Date(middle * QUARTER)) === day) low = middle;
    else high = middle;
  }
  for (let one = quarter; one <= low; one++) days.set(one, day);
  return day;
}

/** An item whose message and neighbours are the same stays the same, so that its row is not drawn again. */
const made = new WeakMap<ChatMessage, Extract<Item, { kind: 'message' }>>();

/**
 * `unreadAfter`: the newest entry read when the chat was opened; undefined shows no divider. `dayOf` names a day.
 * `hidden`: authors whose messages this person does not want to see.
 */
export function chatItems(
  messages: readonly ChatMessage[],
  outbox: readonly Unsent[],
  me: string,
  unreadAfter: number | undefined,
  dayOf: (at: Date) => string,
  hidden: ReadonlySet<string> = new Set(),
): Item[] {
  const items: Item[] = [];
  const seen = hidden.size > 0 ? messages.filter((message) => !hidden.has(message.author)) : messages;
  let day = '';
  let divided = unreadAfter === undefined;
  let runs = false;
  for (let index = 0; index < seen.length; index++) {
    const message = seen[index] as ChatMessage;
    const today = dayAt(timeOf(message), dayOf);
    if (today !== day) {
      items.push({ kind: 'day', key: `day ${today}`, at: message.created_at });
      day = today;
      runs = false;
    }
    const own = message.author === me;
    if (!divided && !own && unreadAfter !== undefined && message.seq > unreadAfter) {
      items.push({ kind: 'new', key: 'new' });
      divided = true;
      runs = false;
    }
    const after = seen[index + 1];
    const goesOn =
      after !== undefined &&
      after.author === message.author &&
      timeOf(after) - timeOf(message) < RUN &&
      dayAt(timeOf(after), dayOf) === today;
    const old = made.get(message);
    if (old && old.own === own && old.first === !runs && old.last === !goesOn) items.push(old);
    else {
      const item: Item = {
        kind: 'message',
        key: message.client_id && own ? message.client_id : message.id,
        message,
        own,
        first: !runs,
        last: !goesOn,
      };
      made.set(message, item);
      items.push(item);
    }
    runs = goesOn;
  }
  for (const unsent of outbox) items.push({ kind: 'unsent', key: unsent.client_id, unsent });
  return items;
}
