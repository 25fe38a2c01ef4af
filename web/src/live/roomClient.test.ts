import { beforeEach, describe, expect, it } from 'vitest';
import { type OutboxStore, revive, roomsOf, STALE, type Unsent } from './outbox';
import { type ChatMessage, type Frame, LiveError } from './protocol';
import { shown } from './room';
import { createRoomClient, type RoomClient, type RoomPorts } from './roomClient';
import type { TopicHandler } from './socket';
import { settle, TestClock } from './testClock';

type Asked = {
  frame: Record<string, unknown>;
  answer: (frame: Frame) => void;
  refuse: (error: LiveError) => void;
};

let asked: Asked[];
let told: Record<string, unknown>[];
let handler: TopicHandler;
let rejoins: number;
let clock: TestClock;
let kept: Map<string, Unsent>;
let ids: number;
let client: RoomClient;
let wanted: unknown[];

const store: OutboxStore = {
  all: async (user, room) => [...kept.values()].filter((item) => item.user === user && item.room === room),
  left: async (user) => [...kept.values()].filter((item) => item.user === user),
  put: async (item) => void kept.set(item.client_id, item),
  remove: async (id) => void kept.delete(id),
};
const pass = (milliseconds: number) => clock.pass(milliseconds);
const ports = (): RoomPorts => ({
  live: {
    topic: (_name, given) => {
      handler = given;
      return () => undefined;
    },
    rejoin: () => {
      rejoins++;
    },
    request: (frame) =>
      new Promise<Frame>((answer, refuse) => {
        asked.push({ frame, answer, refuse });
      }),
    tell: (frame) => void told.push(frame),
  },
  store,
  page: async (_room, want) => {
    wanted.push(want);
    if ('before' in want) return { items: [message(want.before - 1)], has_more: false };
    const seq = 'after' in want ? want.after + 1 : want.around;
    return { items: [message(seq)], has_more: true };
  },
  now: () => clock.now,
  later: clock.later,
  newId: () => `c${++ids}`,
});
const message = (seq: number, more: Partial<ChatMessage> = {}): ChatMessage => ({
  id: `m${seq}`,
  seq,
  author: 'other',
  author_name: 'Other',
  author_role: 'student',
  body: `text ${seq}`,
  created_at: '2026-11-20T15:00:00Z',
  version: 1,
  ...more,
});
const join = async (head = 2) => {
  handler.joined({
    t: 'joined',
    topic: 'room:r',
    epoch: 'e',
    head,
    resumed: false,
    page: { items: [message(2)], has_more: true },
    room: { kind: 'lesson', title: 'T', can_write: true, online: 2, members: 3 },
  });
  await settle();
};
const msg = (seq: number, more: Partial<ChatMessage> = {}): Frame => ({
  t: 'msg',
  topic: 'room:r',
  seq,
  m: message(seq, more),
});
const outbox = () => client.view().outbox.map((item) => `${item.body} ${item.state}`);

beforeEach(async () => {
  asked = [];
  told = [];
  clock = new TestClock(1_000_000_000);
  kept = new Map();
  ids = 0;
  rejoins = 0;
  wanted = [];
  client = createRoomClient('me', 'r', ports());
  await settle();
});

/** MSG-01 MSG-04 */
describe('sending', () => {
  it('goes one after the other and never twice', async () => {
    await join();
    client.send('one');
    client.send('two');
    await settle();
    expect(asked.map((request) => request.frame.body)).toEqual(['one']);
    asked[0]?.answer({ t: 'ack', seq: 3 });
    await settle();
    expect(asked.map((request) => request.frame.body)).toEqual(['one', 'two']);
    expect(outbox()).toEqual(['one sent', 'two sending']);
    handler.frame(msg(3, { author: 'me', client_id: 'c1', body: 'one' }));
    expect(outbox()).toEqual(['two sending']);
    expect(client.view().room.messages.map((item) => item.body)).toEqual(['text 2', 'one']);
  });

  it('shows a message once when it comes before its ack', async () => {
    await join();
    client.send('one');
    await settle();
    handler.frame(msg(3, { author: 'me', client_id: 'c1' }));
    asked[0]?.answer({ t: 'ack', seq: 3 });
    await settle();
    expect(outbox()).toEqual([]);
    expect(kept.size).toBe(0);
  });

  it('repeats with the same client_id after a loss', async () => {
    await join();
    client.send('one');
    await settle();
    handler.lost();
    asked[0]?.refuse(new LiveError('lost', { retryMs: 0 }));
    await settle();
    expect(asked.length).toBe(1);
    await join();
    expect(asked.map((request) => request.frame.client_id)).toEqual(['c1', 'c1']);
  });

  it('waits as long as the server says when it is too fast', async () => {
    await join();
    client.send('one');
    await settle();
    asked[0]?.refuse(new LiveError('rate_limited', { retryMs: 1800 }));
    await settle();
    await pass(1799);
    expect(asked.length).toBe(1);
    await pass(1);
    expect(asked.length).toBe(2);
  });

  it('keeps a refused message with its reason, sends the next, and sends again or forgets on request', async () => {
    await join();
    client.send('bad');
    client.send('good');
    await settle();
    asked[0]?.refuse(new LiveError('rejected', { rule: 'links' }));
    await settle();
    expect(outbox()).toEqual(['bad failed', 'good sending']);
    expect(kept.get('c1')?.code).toBe('rejected');
    asked[1]?.answer({ t: 'ack', seq: 3 });
    await settle();
    client.retry('c1');
    await settle();
    expect(asked.at(-1)?.frame.client_id).toBe('c1');
    client.cancel('c1');
    expect(kept.has('c1')).toBe(false);
  });

  /** MSG-07 */
  it('waits for a moderator when the server says so, also over a reload', async () => {
    await join();
    client.send('one');
    await settle();
    asked[0]?.answer({ t: 'ack', seq: 3, held: true });
    await settle();
    expect(outbox()).toEqual(['one held']);
    client = createRoomClient('me', 'r', ports());
    await settle();
    await join();
    expect(outbox()).toEqual(['one held']);
    expect(asked.length).toBe(1);
    const m = message(3, { author: 'me', client_id: 'c1' });
    handler.frame({ t: 'approve', topic: 'room:r', seq: 3, m });
    expect(outbox()).toEqual([]);
  });

  it('learns that it is muted, until when and why', async () => {
    await join();
    client.send('one');
    await settle();
    const until = '2026-11-22T10:00:00Z';
    asked[0]?.refuse(new LiveError('muted', { until, reason: 'spam' }));
    await settle();
    expect(client.view().room.muted).toEqual({ until, reason: 'spam' });
    expect(outbox()).toEqual(['one failed']);
  });

  it('knows when the slow mode lets the next one through', async () => {
    await join();
    handler.frame({ t: 'mod', topic: 'room:r', seq: 3, action: 'slow_mode', slow_s: 30 });
    client.send('one');
    await settle();
    asked[0]?.answer({ t: 'ack', seq: 4 });
    await settle();
    expect(client.view().pausedUntil).toBe(clock.now + 30_000);
    client.send('two');
    await settle();
    asked[1]?.refuse(new LiveError('slow_mode', { retryMs: 12_000 }));
    await settle();
    expect(client.view().pausedUntil).toBe(clock.now + 12_000);
    await pass(12_000);
    expect(asked.length).toBe(3);
  });

  it('sends what waited as soon as the slow mode is over', async () => {
    await join();
    const slow = (seq: number, slow_s: number) =>
      handler.frame({ t: 'mod', topic: 'room:r', seq, action: 'slow_mode', slow_s });
    slow(3, 3_600);
    client.send('one');
    await settle();
    asked[0]?.refuse(new LiveError('slow_mode', { retryMs: 3_000_000 }));
    await settle();
    slow(4, 0);
    await settle();
    expect(client.view().pausedUntil).toBe(0);
    expect(asked.length).toBe(2);
  });

  it('takes along what is answered, files and mentions', async () => {
    await join();
    const file = { id: 'f', name: 'a.png', size: 1, content_type: 'image/png', kind: 'image' };
    const reply = { id: 'm2', author_name: 'Other', text: 'text 2' };
    client.send('one', { reply, files: [file], mentions: ['u'], at: { lesson: 'l', second: 3 } });
    await settle();
    expect(asked[0]?.frame).toMatchObject({
      reply_to: 'm2',
      files: ['f'],
      mentions: ['u'],
      at: { lesson: 'l', second: 3 },
    });
  });

  /** screens, 65 */
  it('is not done with the room while something is still to be sent', async () => {
    expect(client.waits()).toBe(false);
    client.send('one');
    expect(client.waits()).toBe(true);
    await join();
    asked[0]?.answer({ t: 'ack', seq: 3 });
    await settle();
    expect(client.waits()).toBe(false);
    client.send('two');
    await settle();
    asked[1]?.refuse(new LiveError('rejected', { rule: 'links' }));
    await settle();
    expect(client.waits()).toBe(false);
    client.send('three');
    handler.refused(new LiveError('not_found'));
    expect(client.waits()).toBe(false);
  });

  it('waits until it is known what an earlier visit has left', async () => {
    const item = { client_id: 'old', user: 'me', room: 'r', body: 'old', written: clock.now };
    kept.set('old', { ...item, state: 'sending' });
    kept.set('no', { ...item, client_id: 'no', room: 's', state: 'failed' });
    kept.set('late', {
      ...item,
      client_id: 'late',
      room: 't',
      state: 'sending',
      written: clock.now - STALE - 1,
    });
    expect(roomsOf([...kept.values()], clock.now)).toEqual(['r']);
    client = createRoomClient('me', 'r', ports());
    expect(client.waits()).toBe(true);
    await settle();
    expect(client.waits()).toBe(true);
  });

  it('lets go of what was taken and is too old to come by itself', async () => {
    await join();
    client.send('one');
    await settle();
    asked[0]?.answer({ t: 'ack', seq: 3 });
    await settle();
    expect(outbox()).toEqual(['one sent']);
    handler.lost();
    // The room went on by hundreds: a fresh page comes, in which it is not.
    handler.joined({
      t: 'joined',
      topic: 'room:r',
      epoch: 'e',
      head: 900,
      resumed: false,
      page: { items: [message(900)], has_more: true },
    });
    expect(outbox()).toEqual([]);
  });

  it('finds a quoted message by its number without looking through what is older', async () => {
    await join();
    expect(await client.find({ id: 'far away', seq: 1 })).toBe(1);
    expect(await client.find({ id: message(2).id })).toBe(2);
  });

  it('finds what an earlier visit left behind, and asks before sending what is a day old', async () => {
    const left = (client_id: string, written: number): Unsent => ({
      client_id,
      user: 'me',
      room: 'r',
      body: client_id,
      written,
      state: 'sending',
    });
    kept.set('old', left('old', clock.now - STALE - 1));
    kept.set('new', left('new', clock.now - 5));
    kept.set('theirs', { ...left('theirs', clock.now), user: 'somebody' });
    client = createRoomClient('me', 'r', ports());
    await settle();
    await join();
    expect(outbox()).toEqual(['old failed', 'new sending']);
    expect(asked.map((request) => request.frame.body)).toEqual(['new']);
    expect(revive([left('old', 0)], STALE + 1)[0]?.code).toBe('stale');
  });
});

describe('receiving', () => {
  it('asks once for what is missing', async () => {
    await join();
    handler.frame(msg(5));
    handler.frame(msg(6));
    expect(rejoins).toBe(1);
    handler.joined({
      t: 'joined',
      topic: 'room:r',
      epoch: 'e',
      head: 6,
      resumed: true,
      entries: [3, 4, 5, 6].map((seq) => ({ t: 'msg', seq, m: message(seq) })),
    });
    expect(client.view().room.messages.map((item) => item.seq)).toEqual([2, 3, 4, 5, 6]);
  });

  it('tells who types until they have written or stopped', async () => {
    await join();
    handler.frame({ t: 'typing', topic: 'room:r', user: 'b', name: 'Ben' });
    handler.frame({ t: 'typing', topic: 'room:r', user: 'me', name: 'Me' });
    expect(client.view().typing).toEqual([{ user: 'b', name: 'Ben' }]);
    handler.frame(msg(3, { author: 'b' }));
    expect(client.view().typing).toEqual([]);
    handler.frame({ t: 'typing', topic: 'room:r', user: 'b', name: 'Ben' });
    await pass(6_000);
    expect(client.view().typing).toEqual([]);
  });

  it('says at most once a second how far it has come', async () => {
    await join();
    handler.frame(msg(3));
    client.seen(3);
    await pass(999);
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toEqual([{ t: 'mark', topic: 'room:r', read: 3, delivered: 3 }]);
    client.seen(2);
    await pass(5_000);
    expect(told.length).toBe(1);
  });

  it('tells again what went into a link that was dead, and what was read without one', async () => {
    const me = { read: 0, delivered: 2, role: 'student' };
    const joined = (resumed: boolean, head: number) =>
      handler.joined({
        t: 'joined',
        topic: 'room:r',
        epoch: 'e',
        head,
        resumed,
        me,
        ...(resumed ? { entries: [] } : { page: { items: [message(head)], has_more: true } }),
      });
    joined(false, 2);
    client.seen(2);
    await pass(1_000);
    expect(told).toEqual([{ t: 'mark', topic: 'room:r', read: 2, delivered: 2 }]);
    handler.lost();
    joined(true, 2);
    await pass(1_000);
    expect(told.length).toBe(2);
    handler.lost();
    // So far behind that a fresh page came: how far one had read is not forgotten.
    joined(false, 500);
    expect(client.view().room.me.read).toBe(2);
    await pass(1_000);
    expect(told.at(-1)).toEqual({ t: 'mark', topic: 'room:r', read: 2, delivered: 500 });
  });

  it('says whether a place is gone or could not be asked for', async () => {
    await join();
    const still = ports();
    client = createRoomClient('me', 'r', { ...still, page: async () => ({ items: [], has_more: false }) });
    await join();
    expect(await client.show(1)).toBe('gone');
    client = createRoomClient('me', 'r', { ...still, page: () => Promise.reject(new Error('no link')) });
    await join();
    expect(await client.show(1)).toBe('failed');
    expect(client.view().room.island).toBeUndefined();
  });

  it('has read a message that was shown late once it is at the newest one', async () => {
    await join();
    handler.frame(msg(4));
    handler.frame({ ...msg(3), t: 'skip' });
    handler.frame({ t: 'approve', topic: 'room:r', seq: 5, m: message(3) });
    client.seen(3);
    expect(client.view().room.me.read).toBe(3);
    client.seen(4);
    expect(client.view().room.me.read).toBe(5);
  });

  it('tells that it types at most every three seconds', async () => {
    await join();
    client.typing();
    client.typing();
    expect(told.length).toBe(1);
    await pass(3_000);
    client.typing();
    expect(told.filter((frame) => frame.t === 'typing').length).toBe(2);
  });

  it('loads what is older', async () => {
    await join();
    await client.loadOlder();
    expect(client.view().room.messages.map((item) => item.seq)).toEqual([1, 2]);
    expect(client.view().room.hasOlder).toBe(false);
  });

  it('shows a place in the past, goes on from there, and comes back to the newest', async () => {
    handler.joined({
      t: 'joined',
      topic: 'room:r',
      epoch: 'e',
      head: 60,
      resumed: false,
      page: { items: [message(60)], has_more: true },
    });
    expect(await client.show(20)).toBe('here');
    expect(wanted).toEqual([{ around: 20 }]);
    const places = () => shown(client.view().room).map((item) => item.seq);
    expect(places()).toEqual([20]);
    await client.loadNewer();
    await client.loadOlder();
    expect(places()).toEqual([19, 20, 21]);
    handler.frame(msg(61));
    expect(places()).toEqual([19, 20, 21]);
    expect(client.view().room.messages.map((item) => item.seq)).toEqual([60, 61]);
    expect(await client.show(21)).toBe('here');
    expect(wanted.length).toBe(3);
    client.send('here');
    expect(places()).toEqual([60, 61]);
  });

  it('says so when it may not come in', async () => {
    handler.refused(new LiveError('not_found'));
    expect(client.view()).toMatchObject({ phase: 'refused', room: { banned: undefined } });
  });

  it('says why when a ban keeps it out', async () => {
    handler.refused(new LiveError('banned', { reason: 'rude' }));
    expect(client.view()).toMatchObject({ phase: 'refused', room: { banned: { reason: 'rude' } } });
  });
});
