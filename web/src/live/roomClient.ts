// One chat room on this page: the room's state, what is still to be sent, who types. Ties the pure rules of room.ts to
// the socket and the outbox. The order of one author holds: a message is sent when the one before was answered.

import type { Extras, OutboxStore, Unsent } from './outbox';
import { revive } from './outbox';
import type { ChatMessage, Entry, Frame, JoinedFrame, Mark, Page, Quote } from './protocol';
import { LiveError } from './protocol';
import {
  hasHole,
  onAround,
  onEntries,
  onJoined,
  onMarks,
  onNewer,
  onOlder,
  onOwnMark,
  onPresence,
  onRefusal,
  type RoomState,
  resumeFrom,
  roomOf,
  shown,
  shownHasOlder,
  toNewest,
} from './room';
import type { Live } from './socket';

export type Typist = { user: string; name: string };

/** Who is in the room: the first of them by name, and how many there are in all. */
export type Here = { people: { user: string; name: string; role: string }[]; n: number };

export type RoomView = {
  /** `refused`: not a member, or no such room. */
  phase: 'joining' | 'ready' | 'refused';
  room: RoomState;
  outbox: readonly Unsent[];
  typing: readonly Typist[];
  older: 'idle' | 'loading' | 'failed';
  newer: 'idle' | 'loading' | 'failed';
  /** The clock's time, in milliseconds, before which the room takes no further message of mine. */
  pausedUntil: number;
};

export type RoomPorts = {
  live: Pick<Live, 'topic' | 'rejoin' | 'request' | 'tell'>;
  store: OutboxStore;
  /** A page of the history, newest last. */
  page: (room: string, want: { before: number } | { after: number } | { around: number }) => Promise<Page>;
  now: () => number;
  later: (work: () => void, milliseconds: number) => () => void;
  newId: () => string;
};

/** "Is typing" of somebody ends by itself after this, and is told at most so often. */
const TYPING_LIFE = 6_000;
const TYPING_EVERY = 3_000;
const MARK_EVERY = 1_000;
/** So many pages are looked through for a message that is older than what is here. */
const FIND_PAGES = 40;

export type RoomClient = ReturnType<typeof createRoomClient>;

export function createRoomClient(user: string, room: string, ports: RoomPorts) {
  const topic = `room:${room}`;
  let view: RoomView = {
    phase: 'joining',
    room: roomOf(user),
    outbox: [],
    typing: [],
    older: 'idle',
    newer: 'idle',
    pausedUntil: 0,
  };
  const hearers = new Set<() => void>();
  let joined = false;
  let inFlight = false;
  let closed = false;
  let toldTyping = 0;
  let toldMark: Mark = { read: 0, delivered: 0 };
  let markTimer: (() => void) | undefined;
  /** The pause before what was refused for now is sent again. */
  let pause: (() => void) | undefined;
  const typists = new Map<string, () => void>();
  /** Whether it is known what an earlier visit has left behind. */
  let loaded = false;

  const set = (next: Partial<RoomView>) => {
    view = { ...view, ...next };
    for (const hear of hearers) hear();
  };

  function apply(next: RoomState) {
    if (next === view.room) return;
    const changed = next.messages !== view.room.messages;
    const here = changed && view.outbox.length > 0 ? clientIds(next.messages) : undefined;
    const come = (item: Unsent) =>
      here?.has(item.client_id) === true || (item.seq ?? Number.POSITIVE_INFINITY) <= next.last;
    const outbox = view.outbox.some(come) ? view.outbox.filter((item) => !come(item)) : view.outbox;
    if (here) for (const { client_id: id } of view.outbox) if (here.has(id)) void ports.store.remove(id);
    if (changed) for (const message of newIn(view.room, next)) stopTyping(message.author);
    const eased = next.slowS < view.room.slowS && view.pausedUntil > 0;
    set({ room: next, outbox, typing: typing(), ...(eased ? { pausedUntil: 0 } : {}) });
    // A shorter pause, or none: what waited for the old one tries again.
    if (eased && pause) {
      pause();
      resume();
    }
    if (next.last > toldMark.delivered) tellMark();
  }

  const names = new Map<string, string>();
  const typing = (): Typist[] => [...typists.keys()].map((id) => ({ user: id, name: names.get(id) ?? '' }));
  function stopTyping(id: string) {
    typists.get(id)?.();
    typists.delete(id);
  }

  function onFrame(frame: Frame) {
    switch (frame.t) {
      case 'entries':
        return settle(onEntries(view.room, (frame.entries as Entry[] | undefined) ?? []));
      case 'marks':
        return apply(onMarks(view.room, (frame.m as (Mark & { user: string })[] | undefined) ?? []));
      case 'mark':
        return apply(onOwnMark(view.room, { read: Number(frame.read), delivered: Number(frame.delivered) }));
      case 'presence':
        return apply(onPresence(view.room, Number(frame.n)));
      case 'typing': {
        const id = String(frame.user);
        if (id === user) return;
        stopTyping(id);
        names.set(id, String(frame.name ?? ''));
        typists.set(
          id,
          ports.later(() => {
            typists.delete(id);
            set({ typing: typing() });
          }, TYPING_LIFE),
        );
        return set({ typing: typing() });
      }
      default:
        if (typeof frame.seq === 'number') settle(onEntries(view.room, [frame as unknown as Entry]));
    }
  }

  /** Applies, and asks for what is missing when that leaves a hole. One such join at a time. */
  function settle(next: RoomState) {
    apply(next);
    if (joined && hasHole(next)) {
      joined = false;
      ports.live.rejoin(topic);
    }
  }

  function onJoin(frame: JoinedFrame) {
    joined = true;
    // What was told into a link that had died already did not arrive.
    if (frame.me) toldMark = { read: frame.me.read, delivered: frame.me.delivered };
    apply(onJoined(view.room, frame));
    set({ phase: 'ready' });
    if (view.room.me.read > toldMark.read) tellMark();
    void pump();
  }

  const leave = ports.live.topic(topic, {
    join: () => ({ ...resumeFrom(view.room), presence: true }),
    joined: onJoin,
    frame: onFrame,
    refused: (error) => set({ phase: 'refused', room: onRefusal(view.room, error) }),
    lost: () => {
      joined = false;
      for (const id of [...typists.keys()]) stopTyping(id);
      set({ typing: [] });
    },
  });

  void ports.store.all(user, room).then((items) => {
    if (closed) return;
    const known = new Set(view.outbox.map((item) => item.client_id));
    const rest = revive(items, ports.now()).filter((item) => !known.has(item.client_id));
    loaded = true;
    set(rest.length > 0 ? { outbox: [...rest, ...view.outbox] } : {});
    void pump();
  });

  function change(clientId: string, next: Partial<Unsent>) {
    const outbox = view.outbox.map((item) => (item.client_id === clientId ? { ...item, ...next } : item));
    const changed = outbox.find((item) => item.client_id === clientId);
    if (changed?.state === 'sent') void ports.store.remove(clientId);
    else if (changed) void ports.store.put(changed);
    set({ outbox });
  }

  function drop(clientId: string) {
    void ports.store.remove(clientId);
    set({ outbox: view.outbox.filter((item) => item.client_id !== clientId) });
  }

  /** Sends what waits, one after the other. */
  async function pump(): Promise<void> {
    if (inFlight || !joined || closed) return;
    const item = view.outbox.find((candidate) => candidate.state === 'sending');
    if (!item) return;
    inFlight = true;
    try {
      const ack = await ports.live.request({
        t: 'send',
        topic,
        client_id: item.client_id,
        body: item.body,
        ...(item.at ? { at: item.at } : {}),
        ...(item.reply ? { reply_to: item.reply.id } : {}),
        ...(item.files?.length ? { files: item.files.map((file) => file.id) } : {}),
        ...(item.mentions?.length ? { mentions: item.mentions } : {}),
      });
      const { slowS } = view.room;
      if (slowS > 0 && !view.room.moderates) set({ pausedUntil: ports.now() + slowS * 1000 });
      const seq = Number(ack.seq);
      // Doubles are acknowledged with the number of the first: the message may be here already, or be too old to come.
      const here = seq <= view.room.last;
      if (ack.held === true && !here) change(item.client_id, { state: 'held' });
      else if (here) drop(item.client_id);
      else change(item.client_id, { state: 'sent', seq });
    } catch (error) {
      const problem = error instanceof LiveError ? error : new LiveError('unavailable', { retryMs: 1_000 });
      if (problem.retryMs === undefined) {
        const { code, rule } = problem;
        change(item.client_id, { state: 'failed', code, ...(rule ? { rule } : {}) });
        set({ room: onRefusal(view.room, problem) });
      }
      // Lost: it is repeated after the next join. Anything else temporary: after the pause that the server named.
      else if (problem.code !== 'lost') {
        if (problem.code === 'slow_mode') set({ pausedUntil: ports.now() + problem.retryMs });
        pause = ports.later(resume, Math.max(300, problem.retryMs));
        return;
      }
    }
    inFlight = false;
    await pump();
  }

  function resume() {
    pause = undefined;
    inFlight = false;
    void pump();
  }

  function tellMark() {
    if (markTimer || closed) return;
    markTimer = ports.later(() => {
      markTimer = undefined;
      flushMark();
    }, MARK_EVERY);
  }

  function flushMark() {
    const mark = { read: view.room.me.read, delivered: view.room.last };
    if (!joined || (mark.read <= toldMark.read && mark.delivered <= toldMark.delivered)) return;
    toldMark = mark;
    ports.live.tell({ t: 'mark', topic, ...mark });
  }

  return {
    room,
    user,
    view: () => view,
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    send(body: string, extras: Extras = {}): void {
      const item: Unsent = {
        client_id: ports.newId(),
        user,
        room,
        body,
        ...extras,
        written: ports.now(),
        state: 'sending',
      };
      // What one has written stands at the end, so that is where one looks.
      set({ outbox: [...view.outbox, item], room: toNewest(view.room) });
      void ports.store.put(item);
      toldTyping = 0;
      void pump();
    },
    retry(clientId: string): void {
      change(clientId, { state: 'sending', written: ports.now(), code: '', rule: '' });
      void pump();
    },
    cancel: drop,
    /** Whether something of mine is still to be sent, so that the room is not to be left yet. */
    waits: (): boolean =>
      view.phase !== 'refused' &&
      !view.room.banned &&
      (!loaded || view.outbox.some((item) => item.state === 'sending')),
    /** The reader has had this entry on screen for a second, in a focused window. */
    seen(seq: number): void {
      const { messages, island, last } = view.room;
      // Behind the newest message stand entries about older ones: what was held back and then shown counts as read by the
      // number of the entry that showed it.
      const newest = messages.at(-1)?.seq ?? 0;
      const read = !island && seq >= newest ? Math.max(seq, last) : seq;
      if (read <= view.room.me.read) return;
      apply(onOwnMark(view.room, { read, delivered: last }));
      tellMark();
    },
    typing(): void {
      const now = ports.now();
      if (!joined || now - toldTyping < TYPING_EVERY) return;
      toldTyping = now;
      ports.live.tell({ t: 'typing', topic });
    },
    /** The rest reject with a `LiveError`. What they change comes back as an entry. */
    edit: (message: ChatMessage, body: string, mentions: readonly string[]): Promise<unknown> =>
      ports.live.request({ t: 'edit', topic, msg: message.id, body, mentions, version: message.version }),
    remove: (msg: string, reason?: string): Promise<unknown> =>
      ports.live.request({ t: 'del', topic, msg, ...(reason ? { reason } : {}) }),
    react: (msg: string, emoji: string, on: boolean): Promise<unknown> =>
      ports.live.request({ t: 'react', topic, msg, emoji, on }),
    pin: (msg: string, on: boolean): Promise<unknown> => ports.live.request({ t: 'pin', topic, msg, on }),
    /** `was` names the place for HTTP, which has no way to say "none". */
    accept: (msg: string | null): Promise<unknown> =>
      ports.live.request({ t: 'answer', topic, msg, ...(msg ? {} : { was: view.room.accepted }) }),
    /** Who is here just now. */
    async who(): Promise<Here> {
      const { users, n } = await ports.live.request({ t: 'who', topic });
      return { people: (users as Here['people'] | undefined) ?? [], n: Number(n) };
    },
    async loadOlder(): Promise<void> {
      const first = shown(view.room)[0];
      if (view.older === 'loading' || !shownHasOlder(view.room) || !first) return;
      set({ older: 'loading' });
      try {
        const page = await ports.page(room, { before: first.seq });
        // A fresh page may have taken the place of what we had.
        const still = shown(view.room)[0]?.seq === first.seq;
        set({ older: 'idle', room: still ? onOlder(view.room, page) : view.room });
      } catch {
        set({ older: 'failed' });
      }
    },
    async loadNewer(): Promise<void> {
      const last = view.room.island?.messages.at(-1);
      if (view.newer === 'loading' || !last) return;
      set({ newer: 'loading' });
      try {
        const page = await ports.page(room, { after: last.seq });
        const still = view.room.island?.messages.at(-1)?.seq === last.seq;
        set({ newer: 'idle', room: still ? onNewer(view.room, page) : view.room });
      } catch {
        set({ newer: 'failed' });
      }
    },
    /** Shows the place of an entry, with what stands around it. `gone`: nothing is there; `failed`: it could not be asked. */
    async show(seq: number): Promise<'here' | 'gone' | 'failed'> {
      const list = shown(view.room);
      const first = shownHasOlder(view.room) ? (list[0]?.seq ?? Number.POSITIVE_INFINITY) : 0;
      const last = view.room.island ? (list.at(-1)?.seq ?? 0) : Number.POSITIVE_INFINITY;
      if (seq >= first && seq <= last) return 'here';
      try {
        const page = await ports.page(room, { around: seq });
        set({ room: onAround(toNewest(view.room), page) });
        return page.items.length > 0 ? 'here' : 'gone';
      } catch {
        return 'failed';
      }
    },
    /** The number of a message that something points at; where it is not told, what is older is looked through. */
    async find({ id, seq }: Pick<Quote, 'id' | 'seq'>): Promise<number | undefined> {
      if (seq !== undefined) return seq;
      for (let pages = 0; pages <= FIND_PAGES; pages++) {
        const { island, messages } = view.room;
        const here = [...(island?.messages ?? []), ...messages].find((message) => message.id === id);
        if (here) return here.seq;
        const first = shown(view.room)[0];
        await this.loadOlder();
        if (shown(view.room)[0] === first) return undefined;
      }
      return undefined;
    },
    toNewest(): void {
      set({ room: toNewest(view.room) });
    },
    /** The page is about to go: what has been read is told now. */
    flush: flushMark,
    close(): void {
      if (closed) return;
      flushMark();
      closed = true;
      markTimer?.();
      pause?.();
      for (const id of [...typists.keys()]) stopTyping(id);
      leave();
    },
  };
}

const clientIds = (messages: readonly ChatMessage[]): Set<string> =>
  new Set(messages.flatMap((message) => (message.client_id ? [message.client_id] : [])));

/** The messages that `next` has and `before` had not, at the new end. */
function newIn(before: RoomState, next: RoomState): readonly ChatMessage[] {
  const last = before.messages.at(-1);
  if (!last) return next.messages;
  let index = next.messages.length;
  while (index > 0 && (next.messages[index - 1]?.seq ?? 0) > last.seq) index--;
  return next.messages.slice(index);
}
