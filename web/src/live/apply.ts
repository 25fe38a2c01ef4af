// What one entry of a room's log makes of the messages that are here. Pure. An entry about a message that is not here
// changes nothing. A page may show more than the entries that have come yet: each entry says how things stand (a version,
// a count) rather than what was added, so that applying it late is harmless once the later ones have come too.
import type { ChatMessage, Entry, Reaction } from './protocol';

type Kept = ChatMessage;

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
      return within || byId(messages, m.id) >= 0 ? put(messages, m) : messages;
    }
    case 'edit':
      return edited(messages, entry);
    case 'del':
      return deleted(messages, entry);
    case 'react':
      return patch(messages, entry.msg, (message) => ({
        ...message,
        reactions: reacted(message.reactions ?? [], {
          emoji: String(entry.emoji),
          on: entry.on === true,
          own: entry.user === user,
          n: Number(entry.n),
        }),
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

function patch(messages: readonly Kept[], id: unknown, change: (message: Kept) => Kept): readonly Kept[] {
  const index = byId(messages, id);
  const old = messages[index];
  if (!old || old.state === 'deleted') return messages;
  const next = [...messages];
  next[index] = change(old);
  return next;
}

function edited(messages: readonly Kept[], entry: Entry): readonly Kept[] {
  const version = Number(entry.version);
  const body = String(entry.body ?? '');
  const next = patch(messages, entry.msg, (message) =>
    message.version >= version
      ? message
      : {
          ...message,
          body,
          version,
          edited_at: typeof entry.edited_at === 'string' ? entry.edited_at : message.created_at,
          ...(Array.isArray(entry.mentions) ? { mentions: entry.mentions as string[] } : {}),
        },
  );
  return requoted(next, entry.msg, body);
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
          reply: null,
          at: null,
        })
      : messages;
  return requoted(next, entry.msg, '');
}

/** Quotes of a message follow what it says now. */
function requoted(messages: readonly Kept[], id: unknown, text: string): readonly Kept[] {
  const old = (message: Kept) => message.reply?.id === id;
  if (!messages.some(old)) return messages;
  const quote = quoteOf(text);
  return messages.map((message) =>
    message.reply && old(message) ? { ...message, reply: { ...message.reply, text: quote } } : message,
  );
}

/** Characters of a quote. */
const QUOTE = 120;

export const quoteOf = (text: string): string => [...text].slice(0, QUOTE).join('');

/** `own`: whether it was the reader's hand; `n`: how many hands there are now. */
export function reacted(
  reactions: readonly Reaction[],
  { emoji, on, own, n }: { emoji: string; on: boolean; own: boolean; n: number },
): Reaction[] {
  const old = reactions.find((reaction) => reaction.emoji === emoji);
  if (n <= 0) return reactions.filter((reaction) => reaction !== old);
  const now: Reaction = { emoji, n, own: own ? on : (old?.own ?? false) };
  return old ? reactions.map((reaction) => (reaction === old ? now : reaction)) : [...reactions, now];
}
