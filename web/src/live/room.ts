// The state of one chat room and what each frame makes of it. Pure: (state, frame) -> state. The chain rule: an entry is
// applied only when it is the next one; a double is dropped; one that comes too early is held until the hole is filled.

import type { ChatMessage, Entry, JoinedFrame, Mark } from './protocol';

export type RoomState = {
  /** Whether the room was joined at least once, so that there is something to show. */
  known: boolean;
  epoch: string | undefined;
  /** The newest entry that was applied. */
  last: number;
  /** By `seq`, oldest first. */
  messages: readonly ChatMessage[];
  /** Whether there are older messages than the first one here. */
  hasOlder: boolean;
  /** Entries that came before their turn, by `seq`. */
  held: ReadonlyMap<number, Entry>;
  kind: string;
  title: string;
  canWrite: boolean;
  online: number;
  members: number;
  role: string;
  /** How far I have come, on any device. */
  me: Mark;
  /** How far the others have come. */
  marks: Readonly<Record<string, Mark>>;
};

export const emptyRoom: RoomState = {
  known: false,
  epoch: undefined,
  last: 0,
  messages: [],
  hasOlder: false,
  held: new Map(),
  kind: '',
  title: '',
  canWrite: false,
  online: 0,
  members: 0,
  role: 'student',
  me: { read: 0, delivered: 0 },
  marks: {},
};

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
    known: true,
    epoch: frame.epoch ?? before.epoch,
    kind: frame.room?.kind ?? before.kind,
    title: frame.room?.title ?? before.title,
    canWrite: frame.room?.can_write ?? before.canWrite,
    online: frame.room?.online ?? before.online,
    members: frame.room?.members ?? before.members,
    role: frame.me?.role ?? before.role,
    me: grown(resumed ? before.me : { read: 0, delivered: 0 }, frame.me),
    marks: Object.fromEntries(
      (frame.marks ?? []).map(({ user, read, delivered }) => [user, { read, delivered }]),
    ),
  };
  if (resumed) return onEntries(room, entries);
  const page = frame.page ?? { items: [], has_more: false };
  const first = entries[0];
  // The page was read at some head; what was committed since follows as entries.
  const last = first ? first.seq - 1 : (frame.head ?? page.items.at(-1)?.seq ?? 0);
  const fresh: RoomState = {
    ...room,
    last,
    messages: [...page.items].sort((a, b) => a.seq - b.seq),
    hasOlder: page.has_more,
    // Live entries may have overtaken the answer; those that the page covers are doubles, those of another epoch nothing.
    held: new Map(
      before.known && before.epoch !== room.epoch ? [] : [...before.held].filter(([seq]) => seq > last),
    ),
  };
  return onEntries(fresh, entries);
}

export function onEntries(state: RoomState, entries: readonly Entry[]): RoomState {
  let { last } = state;
  let held: Map<number, Entry> | undefined;
  const fresh: ChatMessage[] = [];
  const apply = (entry: Entry) => {
    last = entry.seq;
    if (entry.t === 'msg' && entry.m) fresh.push(entry.m);
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
  const rest = new Map([...now()].filter(([seq]) => seq > last));
  return {
    ...state,
    last,
    held: rest,
    messages: fresh.length > 0 ? [...state.messages, ...fresh] : state.messages,
  };
}

/** A page of older messages, read with `before` = the first one here. */
export function onOlder(state: RoomState, items: readonly ChatMessage[], hasMore: boolean): RoomState {
  const first = state.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const older = items.filter((message) => message.seq < first).sort((a, b) => a.seq - b.seq);
  return { ...state, messages: [...older, ...state.messages], hasOlder: hasMore };
}

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
