// The state of one chat room and what each frame makes of it. Pure: (state, frame) -> state. The chain rule: an entry is
// applied only when it is the next one; a double is dropped; one that comes too early is held until the hole is filled.

import { applyEntry, quoteOf } from './apply';
import type { ChatMessage, Entry, JoinedFrame, Mark, Page, Quote, RoomInfo } from './protocol';

/** A part of the history that does not reach the newest message: where a search or a link has led. */
export type Island = { messages: readonly ChatMessage[]; hasOlder: boolean };

/** `until`: null is until it is lifted. */
export type Muted = { until: string | null; reason?: string | undefined };

/** Until it is lifted; the moderator's words. */
export type Banned = { reason?: string | undefined };

export type RoomState = {
  /** Who reads. */
  user: string;
  /** Whether the room was joined at least once, so that there is something to show. */
  known: boolean;
  epoch: string | undefined;
  /** The newest entry that was applied. */
  last: number;
  /** By `seq`, oldest first; up to the newest. */
  messages: readonly ChatMessage[];
  /** Whether there are older messages than the first one here. */
  hasOlder: boolean;
  island: Island | undefined;
  /** Entries that came before their turn, by `seq`. */
  held: ReadonlyMap<number, Entry>;
  kind: string;
  title: string;
  canWrite: boolean;
  /** Only moderators write. */
  locked: boolean;
  /** Seconds between two messages of one person. */
  slowS: number;
  needWrong: number | undefined;
  muted: Muted | undefined;
  /** A moderator has closed the room to this person. */
  banned: Banned | undefined;
  /** Newest last. */
  pinned: readonly Quote[];
  /** The message that answers the question. */
  accepted: string | undefined;
  lesson: string | undefined;
  course: string | undefined;
  task: string | undefined;
  /** Whose room it is: the student of a task, the asker of a question. */
  owner: string | undefined;
  online: number;
  members: number;
  role: string;
  /** Whether this person keeps order here: for the look only, the server decides. */
  moderates: boolean;
  /** How far I have come, on any device. */
  me: Mark;
  /** How far the others have come. */
  marks: Readonly<Record<string, Mark>>;
};

export const emptyRoom: RoomState = {
  user: '',
  known: false,
  epoch: undefined,
  last: 0,
  messages: [],
  hasOlder: false,
  island: undefined,
  held: new Map(),
  kind: '',
  title: '',
  canWrite: false,
  locked: false,
  slowS: 0,
  needWrong: undefined,
  muted: undefined,
  banned: undefined,
  pinned: [],
  accepted: undefined,
  lesson: undefined,
  course: undefined,
  task: undefined,
  owner: undefined,
  online: 0,
  members: 0,
  role: 'student',
  moderates: false,
  me: { read: 0, delivered: 0 },
  marks: {},
};

export const roomOf = (user: string): RoomState => ({ ...emptyRoom, user });

/** What is on the screen: where a jump has led, else the newest. */
export const shown = (state: RoomState): readonly ChatMessage[] => state.island?.messages ?? state.messages;
export const shownHasOlder = (state: RoomState): boolean => state.island?.hasOlder ?? state.hasOlder;

/** More than this many held entries are not worth keeping: the join that fills the hole brings them again. */
const HELD_MOST = 512;

/** What to send with a join so that nothing comes twice and nothing is left out. */
export const resumeFrom = (state: RoomState): { last_seq?: number; epoch?: string } =>
  state.known && state.epoch ? { last_seq: state.last, epoch: state.epoch } : {};

/** Whether an entry is missing between what was applied and what is held. */
export const hasHole = (state: RoomState): boolean => state.held.size > 0;

/** The answer to a join: either everything after what was known, or a fresh page in place of it. */
export function onJoined(before: RoomState, frame: JoinedFrame): RoomState {
  const entries = frame.entries ?? [];
  const resumed = frame.resumed === true && before.known;
  const room: RoomState = {
    ...before,
    ...(frame.room ? infoOf(before, frame.room) : {}),
    known: true,
    epoch: frame.epoch ?? before.epoch,
    role: frame.me?.role ?? before.role,
    moderates: frame.me?.moderates ?? before.moderates,
    muted: frame.me?.muted === undefined ? before.muted : mutedOf(frame.me.muted),
    // What was read while the link was away still holds, as long as the numbers are the same.
    me: grown(
      before.known && (resumed || frame.epoch === before.epoch) ? before.me : { read: 0, delivered: 0 },
      frame.me,
    ),
    // Over HTTP they are not told: what was known of them still holds.
    marks: frame.marks
      ? Object.fromEntries(frame.marks.map(({ user, read, delivered }) => [user, { read, delivered }]))
      : resumed
        ? before.marks
        : {},
  };
  if (resumed) return standing(onEntries(room, entries), frame);
  const page = frame.page ?? { items: [], has_more: false };
  const first = entries[0];
  // The page was read at some head; what was committed since follows as entries.
  const last = first ? first.seq - 1 : (frame.head ?? page.items.at(-1)?.seq ?? 0);
  const fresh: RoomState = {
    ...room,
    last,
    messages: [...page.items].sort((a, b) => a.seq - b.seq),
    hasOlder: page.has_more,
    // What it was read at is not known any more.
    island: undefined,
    // Live entries may have overtaken the answer; those that the page covers are doubles, those of another epoch nothing.
    held: new Map(
      before.known && before.epoch !== room.epoch ? [] : [...before.held].filter(([seq]) => seq > last),
    ),
  };
  return standing(onEntries(fresh, entries), frame);
}

/**
 * What the join says of this person holds over the entries that come with it: they tell of older acts in this room (who
 * was removed has been let in again), and nothing of a mute over the course or the school.
 */
function standing(room: RoomState, { room: info, me }: JoinedFrame): RoomState {
  const banned = info ? undefined : room.banned;
  if (!me?.muted) return { ...room, banned };
  return { ...room, banned, muted: mutedOf(me.muted) };
}

function infoOf(before: RoomState, room: RoomInfo): Partial<RoomState> {
  return {
    kind: room.kind,
    title: room.title ?? '',
    canWrite: room.can_write,
    locked: room.locked ?? false,
    slowS: room.slow_s ?? 0,
    needWrong: room.need_wrong ?? undefined,
    online: room.online,
    members: room.members,
    pinned: room.pinned ?? before.pinned,
    accepted: room.accepted ?? undefined,
    lesson: room.lesson_id ?? undefined,
    course: room.course_id ?? undefined,
    owner: room.owner_id ?? undefined,
    task: room.task_id ?? undefined,
    banned: undefined,
  };
}

function mutedOf(muted: NonNullable<JoinedFrame['me']>['muted']): Muted | undefined {
  return muted ? { until: endOf(muted.until), reason: muted.reason ?? undefined } : undefined;
}

/** A time that no calendar holds stands for "until it is lifted". */
const endOf = (until: unknown): string | null =>
  typeof until === 'string' && !Number.isNaN(Date.parse(until)) ? until : null;

export function onEntries(state: RoomState, entries: readonly Entry[]): RoomState {
  let room = state;
  let { last } = state;
  let held: Map<number, Entry> | undefined;
  const fresh: ChatMessage[] = [];
  /** New messages are put to the others once: a replay of hundreds copies the list once. */
  const flush = () => {
    if (fresh.length === 0) return;
    // A page may have been read later than its head was: what it shows does not come twice.
    const newest = room.messages.at(-1)?.seq ?? 0;
    const later = fresh.splice(0).filter((message) => message.seq > newest);
    room = { ...room, messages: [...room.messages, ...later] };
  };
  const apply = (entry: Entry) => {
    last = entry.seq;
    if (entry.t === 'msg' && entry.m) return void fresh.push(entry.m);
    flush();
    room = withEntry(room, entry);
  };
  const now = () => held ?? state.held;
  /** What was waiting for the entry that has just come follows at once. */
  const drain = () => {
    for (let next = now().get(last + 1); next; next = now().get(last + 1)) apply(next);
  };
  drain();
  for (const entry of entries) {
    if (!Number.isSafeInteger(entry.seq) || entry.seq <= last) continue;
    if (entry.seq === last + 1) {
      apply(entry);
      drain();
    } else if (now().size < HELD_MOST) {
      held = new Map(now()).set(entry.seq, entry);
    }
  }
  if (last === state.last && !held) return state;
  flush();
  return { ...room, last, held: new Map([...now()].filter(([seq]) => seq > last)) };
}

/** An entry that is not a new message. */
function withEntry(state: RoomState, entry: Entry): RoomState {
  const messages = applyEntry(state.messages, entry, state.user, { grows: true, fromStart: !state.hasOlder });
  const old = state.island;
  const place = { grows: false, fromStart: old?.hasOlder === false };
  const inIsland = old && applyEntry(old.messages, entry, state.user, place);
  const island = old && inIsland && inIsland !== old.messages ? { ...old, messages: inIsland } : old;
  const room = messages === state.messages && island === old ? state : { ...state, messages, island };
  const msg = String(entry.msg);
  const mine = entry.user === state.user;
  switch (entry.t) {
    case 'del':
      return {
        ...room,
        pinned: room.pinned.filter((pin) => pin.id !== msg),
        accepted: room.accepted === msg ? undefined : room.accepted,
      };
    case 'pin': {
      const others = room.pinned.filter((pin) => pin.id !== msg);
      const preview = entry.preview as Quote | undefined;
      return { ...room, pinned: entry.on === true && preview ? [...others, preview] : others };
    }
    case 'edit': {
      if (!room.pinned.some((pin) => pin.id === msg)) return room;
      const text = quoteOf(String(entry.body ?? ''));
      return { ...room, pinned: room.pinned.map((pin) => (pin.id === msg ? { ...pin, text } : pin)) };
    }
    case 'answer':
      return { ...room, accepted: typeof entry.msg === 'string' ? entry.msg : undefined };
    case 'room':
      return {
        ...room,
        title: typeof entry.title === 'string' ? entry.title : room.title,
        slowS: typeof entry.slow_s === 'number' ? entry.slow_s : room.slowS,
        ...(typeof entry.locked === 'boolean' ? locking(room, entry.locked) : {}),
      };
    case 'member':
      return mine && typeof entry.role === 'string' ? { ...room, role: entry.role } : room;
    case 'mod':
      return moderated(room, entry, mine);
    default:
      return room;
  }
}

function moderated(room: RoomState, entry: Entry, mine: boolean): RoomState {
  const reason = typeof entry.reason === 'string' && entry.reason ? entry.reason : undefined;
  switch (entry.action) {
    case 'lock':
    case 'unlock':
      return { ...room, ...locking(room, entry.action === 'lock') };
    case 'slow_mode':
      return { ...room, slowS: Number(entry.slow_s ?? 0) || 0 };
    case 'mute':
      return mine ? { ...room, muted: { until: endOf(entry.until), reason } } : room;
    case 'unmute':
      return mine ? { ...room, muted: undefined } : room;
    // Who was removed may come back, and does: the connection is cut, and the next join says how things stand.
    case 'ban':
      return mine ? { ...room, banned: { reason } } : room;
    case 'unban':
      return mine ? { ...room, banned: undefined } : room;
    default:
      return room;
  }
}

/** Who could not write only because of the lock can when it is gone; the server has the last word. */
const locking = (room: RoomState, locked: boolean): Partial<RoomState> =>
  room.moderates ? { locked } : { locked, canWrite: locked ? false : room.locked || room.canWrite };

/** A refusal that says something about the person, not about the message. */
export function onRefusal(
  state: RoomState,
  error: {
    code: string;
    until?: string | null | undefined;
    reason?: string | undefined;
    needWrong?: number | undefined;
  },
): RoomState {
  if (error.code === 'muted') {
    return { ...state, muted: { until: endOf(error.until), reason: error.reason } };
  }
  if (error.code === 'banned') return { ...state, banned: { reason: error.reason } };
  if (error.code === 'read_only') return { ...state, canWrite: false, needWrong: error.needWrong };
  return state;
}

const inOrder = (page: Page): ChatMessage[] => [...page.items].sort((a, b) => a.seq - b.seq);

/** A page of older messages, read with `before` = the first one that is shown. */
export function onOlder(state: RoomState, page: Page): RoomState {
  const list = shown(state);
  const first = list[0]?.seq ?? Number.POSITIVE_INFINITY;
  const messages = [...inOrder(page).filter((message) => message.seq < first), ...list];
  return state.island
    ? { ...state, island: { messages, hasOlder: page.has_more } }
    : { ...state, messages, hasOlder: page.has_more };
}

/** A page of newer messages, read with `after` = the last one of the island. It may reach the newest. */
export function onNewer(state: RoomState, page: Page): RoomState {
  const { island } = state;
  if (!island) return state;
  const last = island.messages.at(-1)?.seq ?? 0;
  const more = inOrder(page).filter((message) => message.seq > last);
  const first = state.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const whole = !page.has_more || more.some((message) => message.seq >= first);
  if (!whole) return { ...state, island: { ...island, messages: [...island.messages, ...more] } };
  return {
    ...state,
    island: undefined,
    messages: [...island.messages, ...more.filter((message) => message.seq < first), ...state.messages],
    hasOlder: island.hasOlder,
  };
}

/** A page around a place. It stands by itself unless it touches what is here. */
export function onAround(state: RoomState, page: Page): RoomState {
  const items = inOrder(page);
  const first = state.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  if (items.length === 0) return state;
  if (!items.some((message) => message.seq >= first)) {
    return { ...state, island: { messages: items, hasOlder: page.has_more } };
  }
  return {
    ...state,
    island: undefined,
    messages: [...items.filter((message) => message.seq < first), ...state.messages],
    hasOlder: page.has_more,
  };
}

export const toNewest = (state: RoomState): RoomState =>
  state.island ? { ...state, island: undefined } : state;

/** The own mark, here or on another device. It only grows. */
export const onOwnMark = (state: RoomState, mark: Mark): RoomState => ({
  ...state,
  me: grown(state.me, mark),
});

export function onMarks(state: RoomState, marks: readonly (Mark & { user: string })[]): RoomState {
  const next = { ...state.marks };
  for (const { user, read, delivered } of marks) {
    next[user] = grown(next[user] ?? { read: 0, delivered: 0 }, { read, delivered });
  }
  return { ...state, marks: next };
}

export const onPresence = (state: RoomState, online: number): RoomState => ({ ...state, online });

export type Receipt = 'sent' | 'delivered' | 'read';

/** How far a message of mine has come with anybody else. */
export function receiptOf(state: RoomState, me: string, seq: number): Receipt {
  let receipt: Receipt = 'sent';
  for (const [user, mark] of Object.entries(state.marks)) {
    if (user === me) continue;
    if (mark.read >= seq) return 'read';
    if (mark.delivered >= seq) receipt = 'delivered';
  }
  return receipt;
}

function grown(old: Mark, now: Mark | undefined): Mark {
  if (!now) return old;
  return { read: Math.max(old.read, now.read), delivered: Math.max(old.delivered, now.delivered) };
}
