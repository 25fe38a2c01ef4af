// What one entry of a room's log makes of the messages that are here. Pure. An entry about a message that is not here
// changes nothing, and one that a page already shows is not counted twice.
import type { ChatMessage, Entry, Reaction } from './protocol';

/** A message as it is kept: `asOf` is the newest entry that the page it came with had seen. */
export type Kept = ChatMessage & { asOf?: number };

const byId = (messages: readonly Kept[], id: unknown): number => {
  // What changes is nearly always recent.
  for (let index = messages.length - 1; index >= 0; index--) if (messages[index]?.id === id) return index;
  return -1;
};

/** The place that keeps `messages` in the order of their numbers. */
function placeOf(messages: readonly Kept[], seq: number): number {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The messages after an entry, or the same array when it does not concern them. `grows`: whether a new message belongs at
 * the end of this list (not so for a part of the history that stands by itself). `fromStart`: whether the list begins with the
 * room's first message.
 */
export function applyEntry(
  messages: readonly Kept[],
  entry: Entry,
  user: string,
  { grows, fromStart }: { grows: boolean; fromStart: boolean },
): readonly Kept[] {
  switch (entry.t) {
    case 'msg':
      return entry.m && grows ? put(messages, entry.m) : messages;
    case 'approve': {
      if (!entry.m) return messages;
      const { m } = entry;
      const first = fromStart ? 0 : (messages[0]?.seq ?? Number.POSITIVE_INFINITY);
      const last = messages.at(-1)?.seq ?? 0;
      const within = (m.seq >= first && m.seq <= last) || (grows && m.seq > last);
      const known = messages[byId(messages, m.id)];
      if (known && (known.asOf ?? 0) >= entry.seq) return messages;
      return within || known ? put(messages, m) : messages;
    }
    case 'edit':
      return edited(messages, entry);
    case 'del':
      return deleted(messages, entry);
    case 'react':
      return patch(messages, entry.msg, entry.seq, (message) => ({
        ...message,
        reactions: reacted(
          message.reactions ?? [],
          String(entry.emoji),
          entry.on === true,
          entry.user === user,
        ),
      }));
    default:
      return messages;
  }
}

function put(messages: readonly Kept[], message: ChatMessage): readonly Kept[] {
  const known = byId(messages, message.id);
  if (known >= 0) {
    const next = [...messages];
    next[known] = { ...messages[known], ...message };
    return next;
  }
  const at = placeOf(messages, message.seq);
  return at === messages.length ? [...messages, message] : messages.toSpliced(at, 0, message);
}

/** `seq`: the entry's number; a message that has seen it already stays. */
function patch(
  messages: readonly Kept[],
  id: unknown,
  seq: number,
  change: (message: Kept) => Kept,
): readonly Kept[] {
  const index = byId(messages, id);
  const old = messages[index];
  if (!old || (old.asOf ?? 0) >= seq) return messages;
  const next = [...messages];
  next[index] = change(old);
  return next;
}

function edited(messages: readonly Kept[], entry: Entry): readonly Kept[] {
  const version = Number(entry.version);
  const body = String(entry.body ?? '');
  const next = patch(messages, entry.msg, entry.seq, (message) =>
    message.version >= version || message.state === 'deleted'
      ? message
      : {
          ...message,
          body,
          version,
          edited_at: typeof entry.edited_at === 'string' ? entry.edited_at : message.created_at,
          ...(Array.isArray(entry.mentions) ? { mentions: entry.mentions as string[] } : {}),
        },
  );
  return requoted(next, entry.msg, entry.seq, body);
}

function deleted(messages: readonly Kept[], entry: Entry): readonly Kept[] {
  const index = byId(messages, entry.msg);
  const old = messages[index];
  const next =
    old && old.state !== 'deleted'
      ? messages.with(index, {
          ...old,
          state: 'deleted',
          body: '',
          files: [],
          reactions: [],
          mentions: [],
        })
      : messages;
  return requoted(next, entry.msg, entry.seq, '');
}

/** Quotes of a message follow what it says now. */
function requoted(messages: readonly Kept[], id: unknown, seq: number, text: string): readonly Kept[] {
  const old = (message: Kept) => message.reply?.id === id && (message.asOf ?? 0) < seq;
  if (!messages.some(old)) return messages;
  const quote = [...text].slice(0, QUOTE).join('');
  return messages.map((message) =>
    message.reply && old(message) ? { ...message, reply: { ...message.reply, text: quote } } : message,
  );
}

/** Characters of a quote. */
export const QUOTE = 120;

/** `own`: whether it was the reader's hand. Setting what is set changes nothing. */
export function reacted(
  reactions: readonly Reaction[],
  emoji: string,
  on: boolean,
  own: boolean,
): Reaction[] {
  const old = reactions.find((reaction) => reaction.emoji === emoji);
  if (own && (old?.own ?? false) === on) return [...reactions];
  const n = (old?.n ?? 0) + (on ? 1 : -1);
  const now: Reaction = { emoji, n, own: own ? on : (old?.own ?? false) };
  if (n <= 0) return reactions.filter((reaction) => reaction.emoji !== emoji);
  return old ? reactions.map((reaction) => (reaction === old ? now : reaction)) : [...reactions, now];
}
