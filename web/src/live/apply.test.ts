import { describe, expect, it } from 'vitest';
import { reacted } from './apply';
import type { ChatMessage, Entry, JoinedFrame, Page } from './protocol';
import {
  onAround,
  onEntries,
  onJoined,
  onNewer,
  onOlder,
  onRefusal,
  type RoomState,
  resumeFrom,
  roomOf,
  shown,
  toNewest,
} from './room';

/** Same answers at every run: a failure can be looked at again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const people = ['me', 'ann', 'ben'];
const emojis = ['👍', '🎉'];

/** A server that keeps its log and nothing else: what it shows at a head is worked out from the first entry on. */
class School {
  readonly log: Entry[] = [];
  private readonly random: () => number;
  constructor(random: () => number) {
    this.random = random;
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  grow(): void {
    const seq = this.log.length + 1;
    const known = this.all(seq - 1).filter((message) => message.state !== 'held');
    const target = known.length > 0 ? this.pick(known) : undefined;
    const dice = this.random();
    if (!target || dice < 0.35) {
      const author = this.pick(people);
      const held = this.random() < 0.15;
      const m: ChatMessage = {
        id: `m${seq}`,
        seq,
        author,
        author_name: author,
        author_role: 'student',
        body: `text ${seq}`,
        created_at: '2026-11-20T15:00:00Z',
        version: 1,
        state: held ? 'held' : 'shown',
        reactions: [],
        ...(target && this.random() < 0.3
          ? { reply_to: target.id, reply: { id: target.id, author_name: target.author, text: target.body } }
          : {}),
      };
      this.log.push({ t: 'msg', seq, m });
    } else if (dice < 0.5) {
      const entry = { msg: target.id, body: `edit ${seq}`, version: target.version + 1, edited_at: 'x' };
      this.log.push(target.state === 'deleted' ? { t: 'skip', seq } : { t: 'edit', seq, ...entry });
    } else if (dice < 0.57) {
      this.log.push(
        target.state === 'deleted' ? { t: 'skip', seq } : { t: 'del', seq, msg: target.id, by: 'ben' },
      );
    } else if (dice < 0.85) {
      const [user, emoji] = [this.pick(people), this.pick(emojis)];
      const hands = this.hands(seq - 1, target.id, emoji);
      const on = !hands.has(user);
      const n = hands.size + (on ? 1 : -1);
      this.log.push(
        target.state === 'deleted'
          ? { t: 'skip', seq }
          : { t: 'react', seq, msg: target.id, user, emoji, on, n },
      );
    } else if (dice < 0.93) {
      const waiting = this.held(seq - 1);
      if (waiting.length === 0) this.log.push({ t: 'skip', seq });
      else this.log.push({ t: 'approve', seq, m: { ...this.pick(waiting), state: 'shown' } });
    } else this.log.push({ t: 'poll', seq });
  }

  private hands(head: number, msg: string, emoji: string): Set<unknown> {
    const hands = new Set<unknown>();
    for (const entry of this.log.slice(0, head)) {
      if (entry.t !== 'react' || entry.msg !== msg || entry.emoji !== emoji) continue;
      if (entry.on) hands.add(entry.user);
      else hands.delete(entry.user);
    }
    return hands;
  }

  private held(head: number): ChatMessage[] {
    return this.all(head).filter((message) => message.state === 'held');
  }

  /** Every message in its state at `head`, the held ones too. */
  private all(head: number): ChatMessage[] {
    const log = this.log.slice(0, head);
    const found = log.flatMap((entry) => (entry.t === 'msg' && entry.m ? [entry.m] : []));
    const now = new Map(found.map((message) => [message.id, { ...message }]));
    for (const entry of log) {
      const message = now.get(String(entry.t === 'approve' ? entry.m?.id : entry.msg));
      if (!message) continue;
      if (entry.t === 'approve') message.state = 'shown';
      if (entry.t === 'edit')
        Object.assign(message, { body: entry.body, version: entry.version, edited_at: 'x' });
      if (entry.t === 'del') Object.assign(message, { state: 'deleted', body: '', reply: undefined });
    }
    return [...now.values()].map((message) => ({
      ...message,
      reactions:
        message.state === 'deleted'
          ? []
          : emojis.flatMap((emoji) => {
              const hands = this.hands(head, message.id, emoji);
              return hands.size > 0 ? [{ emoji, n: hands.size, own: hands.has('me') }] : [];
            }),
      ...(message.reply ? { reply: { ...message.reply, text: now.get(message.reply.id)?.body ?? '' } } : {}),
    }));
  }

  /** What a reader sees at `head`. */
  shownAt(head: number, reader: string): ChatMessage[] {
    return this.all(head).filter((message) => message.state !== 'held' || message.author === reader);
  }

  /** The entries as `reader` gets them. */
  entries(from: number, to: number, reader: string): Entry[] {
    return this.log.slice(from, to).map((entry) => {
      const hidden = entry.t === 'msg' && entry.m?.state === 'held' && entry.m.author !== reader;
      if (hidden) return { t: 'skip', seq: entry.seq };
      // In a replay a message comes in its first state here; a server may send the present one.
      return entry;
    });
  }

  page(want: { before?: number; after?: number; around?: number }, limit: number, head: number): Page {
    const all = this.shownAt(head, 'me');
    const { before, after, around } = want;
    if (after !== undefined) {
      const rest = all.filter((message) => message.seq > after);
      return { items: rest.slice(0, limit), has_more: rest.length > limit };
    }
    if (around !== undefined) {
      const older = all.filter((message) => message.seq < around);
      const newer = all.filter((message) => message.seq >= around);
      const half = Math.ceil(limit / 2);
      return {
        items: [...older.slice(-half), ...newer.slice(0, half)],
        has_more: older.length > half,
      };
    }
    const rest = all.filter((message) => message.seq < (before ?? Number.POSITIVE_INFINITY));
    return { items: rest.slice(-limit), has_more: rest.length > limit };
  }
}

const plain = (message: ChatMessage) => ({
  id: message.id,
  body: message.body,
  version: message.version,
  state: message.state,
  reactions: [...(message.reactions ?? [])].sort((a, b) => (a.emoji < b.emoji ? -1 : 1)),
  quote: message.reply?.text,
});

function joinedWith(school: School, state: RoomState, head: number, limit: number): JoinedFrame {
  const { last_seq: from } = resumeFrom(state);
  const base = { t: 'joined' as const, topic: 'room:r', epoch: 'e', head };
  return from !== undefined && head - from <= 30
    ? { ...base, resumed: true, entries: school.entries(from, head, 'me') }
    : { ...base, resumed: false, entries: [], page: school.page({}, limit, head) };
}

/** MSG-01 MSG-04 */
describe('every entry of a log', () => {
  it('leads to the state of the log, in any order of pages, replays and live entries', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = generator(seed);
      const school = new School(random);
      for (let n = 0; n < 30; n++) school.grow();
      let state = onJoined(roomOf('me'), joinedWith(school, roomOf('me'), 30, 6));
      let wire: Entry[] = [];
      const limit = 4;
      for (let step = 0; step < 60; step++) {
        const dice = random();
        const head = school.log.length;
        if (dice < 0.45) {
          school.grow();
          const fresh = school.entries(head, head + 1, 'me');
          if (random() > 0.1) wire.push(...fresh);
          if (random() < 0.1) wire.push(...fresh);
        } else if (dice < 0.75) {
          // Some of what is on the wire arrives, now and then in another order.
          if (random() < 0.3) wire = wire.toReversed();
          state = onEntries(state, wire.splice(0, 1 + Math.floor(random() * 4)));
        } else if (dice < 0.82) {
          state = onJoined(state, joinedWith(school, state, head, 6));
        } else if (dice < 0.89) {
          const first = shown(state)[0];
          if (first) state = onOlder(state, school.page({ before: first.seq }, limit, head));
        } else if (dice < 0.93) {
          state = onAround(state, school.page({ around: 1 + Math.floor(random() * head) }, limit, head));
        } else if (dice < 0.98) {
          const last = state.island?.messages.at(-1);
          if (last) state = onNewer(state, school.page({ after: last.seq }, limit, head));
        } else state = toNewest(state);
      }
      state = onJoined(state, joinedWith(school, state, school.log.length, 6));
      expect(state.last, `seed ${seed}`).toBe(school.log.length);
      const truth = school.shownAt(school.log.length, 'me');
      for (const list of [state.messages, state.island?.messages ?? []]) {
        const [first, last] = [list[0]?.seq ?? 0, list.at(-1)?.seq ?? 0];
        const expected = truth.filter(({ seq }) => seq >= first && seq <= last);
        expect(list.map(plain), `seed ${seed}`).toEqual(expected.map(plain));
      }
      expect(state.messages.at(-1)?.id ?? '').toBe(state.messages.length > 0 ? truth.at(-1)?.id : '');
    }
  });
});

const joined = onJoined(roomOf('me'), {
  t: 'joined',
  topic: 'room:r',
  epoch: 'e',
  head: 0,
  resumed: false,
  page: { items: [], has_more: false },
  room: {
    kind: 'lesson',
    can_write: true,
    online: 1,
    members: 2,
    slow_s: 0,
    pinned: [{ id: 'a', author_name: 'Ann', text: 'one' }],
  },
  me: { read: 0, delivered: 0, role: 'student' },
});
const having = (...entries: Omit<Entry, 'seq'>[]) =>
  onEntries(
    joined,
    entries.map((entry, index) => ({ ...entry, seq: index + 1 }) as Entry),
  );

describe('what happens to a room', () => {
  it('pins, unpins and accepts', () => {
    const preview = { id: 'b', author_name: 'Ben', text: 'two' };
    const pins = (state: RoomState) => state.pinned.map((pin) => `${pin.id} ${pin.text}`);
    expect(pins(having({ t: 'pin', msg: 'b', on: true, preview }))).toEqual(['a one', 'b two']);
    expect(pins(having({ t: 'pin', msg: 'a', on: false }))).toEqual([]);
    expect(pins(having({ t: 'edit', msg: 'a', body: 'new', version: 2 }))).toEqual(['a new']);
    expect(having({ t: 'answer', msg: 'b' }).accepted).toBe('b');
    expect(having({ t: 'answer', msg: 'b' }, { t: 'answer', msg: null }).accepted).toBeUndefined();
    expect(having({ t: 'answer', msg: 'a' }, { t: 'del', msg: 'a' })).toMatchObject({
      pinned: [],
      accepted: undefined,
    });
  });

  it('locks, slows down and takes new names', () => {
    const locked = having({ t: 'mod', action: 'lock' });
    expect([locked.locked, locked.canWrite]).toEqual([true, false]);
    const open = having({ t: 'mod', action: 'lock' }, { t: 'mod', action: 'unlock' });
    expect([open.locked, open.canWrite]).toEqual([false, true]);
    expect(having({ t: 'mod', action: 'slow_mode', slow_s: 30 }).slowS).toBe(30);
    expect(having({ t: 'room', title: 'New', slow_s: 5, version: 2 })).toMatchObject({
      title: 'New',
      slowS: 5,
    });
  });

  it('mutes me until a time, or until it is lifted, and nobody else', () => {
    const until = '2026-11-22T10:00:00Z';
    expect(having({ t: 'mod', action: 'mute', user: 'me', until, reason: 'spam' }).muted).toEqual({
      until,
      reason: 'spam',
    });
    expect(having({ t: 'mod', action: 'mute', user: 'ann', until }).muted).toBeUndefined();
    expect(having({ t: 'mod', action: 'mute', user: 'me', until: null }).muted?.until).toBeNull();
    const lifted = having(
      { t: 'mod', action: 'mute', user: 'me' },
      { t: 'mod', action: 'unmute', user: 'me' },
    );
    expect(lifted.muted).toBeUndefined();
    expect(having({ t: 'mod', action: 'ban', user: 'me', reason: 'spam' }).banned).toEqual({
      reason: 'spam',
    });
    expect(having({ t: 'mod', action: 'ban', user: 'ann' }).banned).toBeUndefined();
    const ban = { t: 'mod', action: 'ban', user: 'me' } as const;
    expect(having(ban, { ...ban, action: 'unban' }).banned).toBeUndefined();
    expect(having({ ...ban, action: 'kick' }).banned).toBeUndefined();
  });

  it('is muted as the join says, whatever older entries tell', () => {
    const until = '2026-11-22T10:00:00Z';
    const mod = (seq: number, action: string): Entry => ({
      t: 'mod',
      seq,
      action,
      user: 'me',
      reason: 'spam',
    });
    const told = (muted: { until?: string; reason: string } | null, ...entries: Entry[]) =>
      onJoined(roomOf('me'), {
        t: 'joined',
        topic: 'room:r',
        epoch: 'e',
        head: 3,
        page: { items: [], has_more: false },
        entries,
        room: { kind: 'general', can_write: true, online: 1, members: 1 },
        me: { role: 'student', read: 0, delivered: 0, muted },
      });
    expect(told({ until, reason: 'ads' }, mod(1, 'mute'), mod(2, 'unmute')).muted).toEqual({
      until,
      reason: 'ads',
    });
    expect(told({ reason: 'ads' }, mod(1, 'mute')).muted).toEqual({ until: null, reason: 'ads' });
    expect(told(null, mod(1, 'mute'), mod(2, 'unmute')).muted).toBeUndefined();
    // Who was banned once is in again.
    expect(told(null, mod(1, 'ban')).banned).toBeUndefined();
  });

  it('learns from a refusal why nothing can be written', () => {
    expect(onRefusal(joined, { code: 'muted', until: null, reason: 'spam' }).muted).toEqual({
      until: null,
      reason: 'spam',
    });
    expect(onRefusal(joined, { code: 'read_only', needWrong: 2 })).toMatchObject({
      canWrite: false,
      needWrong: 2,
    });
    expect(onRefusal(joined, { code: 'banned', reason: 'rude' }).banned).toEqual({ reason: 'rude' });
    expect(onRefusal(joined, { code: 'rejected' })).toBe(joined);
  });
});

describe('reactions', () => {
  it('count hands, know the own one, and end at none', () => {
    const hand = { emoji: '👍', on: true, own: false, n: 1 };
    let now = reacted([], hand);
    now = reacted(now, { ...hand, own: true, n: 2 });
    expect(now).toEqual([{ emoji: '👍', n: 2, own: true }]);
    expect(reacted(now, { ...hand, own: true, n: 2 })).toEqual(now);
    now = reacted(now, { ...hand, own: true, on: false, n: 1 });
    expect(now).toEqual([{ emoji: '👍', n: 1, own: false }]);
    expect(reacted(now, { ...hand, on: false, n: 0 })).toEqual([]);
  });
});
