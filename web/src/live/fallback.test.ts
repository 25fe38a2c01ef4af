// The rooms where no socket gets through. MSG-01 MSG-06
import { beforeEach, describe, expect, it } from 'vitest';
import { createFallback, type Fallback } from './fallback';
import type { Frame, JoinedFrame, LiveError } from './protocol';
import type { LiveState, TopicHandler } from './socket';
import { settle, TestClock } from './testClock';

type Call = {
  method: string;
  path: string;
  body: unknown;
  signal: AbortSignal | undefined;
  answer: (value: unknown) => void;
  refuse: (error: unknown) => void;
};

let calls: Call[];
let clock: TestClock;
let state: LiveState;
let hear: () => void;
let onWire: { topics: Map<string, TopicHandler>; asked: unknown[]; told: unknown[] };
let rooms: Fallback;
let heard: unknown[];
let last: { last_seq: number; epoch: string } | undefined;

const pass = (milliseconds: number) => clock.pass(milliseconds);
const become = async (next: LiveState) => {
  state = next;
  hear();
  await settle();
};
/** The socket fails as it does behind a proxy that does not know it. */
const blocked = async () => {
  for (let time = 0; time < 2; time++) {
    await become('connecting');
    await become('waiting');
  }
};
const call = (index: number) => calls.at(index) as Call;
const paths = () => calls.map(({ method, path }) => `${method} ${path}`);

const handler: TopicHandler = {
  join: () => last ?? {},
  joined: (frame: JoinedFrame) => heard.push(frame),
  frame: (frame: Frame) => heard.push(frame),
  refused: (error: LiveError) => heard.push(`refused ${error.code}`),
  lost: () => heard.push('lost'),
};
const line = {
  kind: 'lesson',
  title: 'T',
  can_write: true,
  locked: false,
  moderates: false,
  role: 'student',
  read_seq: 1,
  muted: null,
  course: { id: 'c' },
  lesson_id: 'l',
  task_id: null,
  owner: null,
};
/** The room is entered for the first time, its newest entry being 2. */
async function entered() {
  rooms.topic('room:r', handler);
  await blocked();
  call(0).answer(line);
  call(1).answer({ items: [{ id: 'm2', seq: 2 }], has_more: true, head: 2 });
  await settle();
  call(2).answer({ epoch: 'e', head: 2, items: [], more: false });
  await settle();
}

beforeEach(() => {
  calls = [];
  clock = new TestClock();
  state = 'idle';
  heard = [];
  last = undefined;
  onWire = { topics: new Map(), asked: [], told: [] };
  rooms = createFallback(
    {
      topic: (name, given) => {
        onWire.topics.set(name, given);
        return () => onWire.topics.delete(name);
      },
      rejoin: (name) => void onWire.asked.push(name),
      request: async (frame) => {
        onWire.asked.push(frame);
        return { t: 'ack', seq: 1 };
      },
      tell: (frame) => void onWire.told.push(frame),
      state: () => state,
      listen: (given) => {
        hear = given;
        return () => undefined;
      },
    },
    {
      call: (method, path, { body, signal }) =>
        new Promise((answer, refuse) => {
          calls.push({ method, path, body, signal, answer, refuse });
        }),
      later: clock.later,
      random: () => 0.5,
      online: () => true,
    },
  );
});

describe('rooms without a socket', () => {
  it('asks nothing over HTTP while the socket stands, or after a single loss', async () => {
    rooms.topic('room:r', handler);
    await become('connecting');
    await become('online');
    await become('waiting');
    await become('connecting');
    await become('online');
    await become('waiting');
    expect(calls).toEqual([]);
    await rooms.request({ t: 'send', topic: 'room:r', body: 'by socket' });
    expect(onWire.asked).toEqual([{ t: 'send', topic: 'room:r', body: 'by socket' }]);
  });

  it('enters a room over HTTP after two sockets in vain, and is online then', async () => {
    await entered();
    expect(paths()).toEqual([
      'GET /rooms/r',
      'GET /rooms/r/messages?limit=50',
      'GET /rooms/r/log?after=2&wait=0',
      'GET /rooms/r/log?after=2&wait=25',
    ]);
    expect(heard).toMatchObject([
      { t: 'joined', resumed: false, epoch: 'e', head: 2, room: { kind: 'lesson' } },
    ]);
    expect(rooms.state()).toBe('online');
  });

  it('does not wait for a socket that hangs while it opens', async () => {
    rooms.topic('room:r', handler);
    await become('connecting');
    await pass(5_000);
    expect(calls).toEqual([]);
    await pass(2_000);
    expect(paths()[0]).toBe('GET /rooms/r');
  });

  it('goes on from the last entry of each answer', async () => {
    await entered();
    call(-1).answer({
      epoch: 'e',
      head: 4,
      items: [
        { t: 'msg', seq: 3 },
        { t: 'skip', seq: 4 },
      ],
      more: false,
    });
    await settle();
    expect(heard.at(-1)).toMatchObject({ t: 'entries', entries: [{ seq: 3 }, { seq: 4 }] });
    expect(paths().at(-1)).toBe('GET /rooms/r/log?after=4&wait=25');
    // Nothing came within the wait.
    call(-1).answer({ epoch: 'e', head: 4, items: [], more: false });
    await settle();
    expect(paths().at(-1)).toBe('GET /rooms/r/log?after=4&wait=25');
    expect(heard.length).toBe(2);
  });

  it('resumes after a lost answer and passes no part off as a whole', async () => {
    await entered();
    last = { last_seq: 2, epoch: 'e' };
    call(-1).refuse({ status: 0, code: 'network', more: {} });
    await settle();
    expect(heard.at(-1)).toBe('lost');
    expect(rooms.state()).toBe('waiting');
    await pass(1_000);
    expect(paths().at(-1)).toBe('GET /rooms/r/log?after=2&wait=0');
    call(-1).answer({ epoch: 'e', head: 3, items: [{ t: 'msg', seq: 3 }], more: false });
    await settle();
    expect(heard.at(-1)).toMatchObject({ t: 'joined', resumed: true, entries: [{ seq: 3 }] });
    // Longer away than one answer holds: the newest page instead.
    call(-1).refuse({ status: 502, code: 'unavailable', more: {} });
    await settle();
    await pass(2_000);
    call(-1).answer({ epoch: 'e', head: 900, items: [{ t: 'msg', seq: 3 }], more: true });
    await settle();
    expect(paths().slice(-2)).toEqual(['GET /rooms/r', 'GET /rooms/r/messages?limit=50']);
  });

  it('sends, marks and changes over HTTP, and words a refusal as the socket does', async () => {
    await entered();
    const sent = rooms.request({ t: 'send', topic: 'room:r', client_id: 'c1', body: 'one', reply_to: 'm2' });
    expect(call(-1)).toMatchObject({
      method: 'POST',
      path: '/rooms/r/messages',
      body: { client_id: 'c1', body: 'one', reply_to: 'm2' },
    });
    call(-1).answer({ seq: 3, msg: 'm3', dup: false, held: false });
    expect(await sent).toMatchObject({ t: 'ack', seq: 3 });
    rooms.tell({ t: 'mark', topic: 'room:r', read: 3, delivered: 3 });
    expect(call(-1)).toMatchObject({ path: '/rooms/r/marks', body: { read: 3, delivered: 3 } });
    rooms.tell({ t: 'typing', topic: 'room:r' });
    expect(call(-1).path).toBe('/rooms/r/marks');
    for (const [frame, asked] of [
      [
        { t: 'react', msg: 'm2', emoji: '👍', on: false },
        `DELETE /rooms/r/messages/m2/reactions/${encodeURIComponent('👍')}`,
      ],
      [{ t: 'pin', msg: 'm2', on: true }, 'PUT /rooms/r/messages/m2/pin'],
      [{ t: 'answer', msg: null, was: 'm2' }, 'DELETE /rooms/r/messages/m2/accepted'],
      [{ t: 'del', msg: 'm2', reason: 'a b' }, 'DELETE /rooms/r/messages/m2?reason=a%20b'],
      [{ t: 'edit', msg: 'm2', body: 'x', version: 1 }, 'PATCH /rooms/r/messages/m2'],
    ] as const) {
      void rooms.request({ ...frame, topic: 'room:r' });
      expect(paths().at(-1)).toBe(asked);
    }
    const refused = rooms.request({ t: 'send', topic: 'room:r', client_id: 'c2', body: 'bad' });
    call(-1).refuse({ status: 422, code: 'message_rejected', more: { rule: 'words' } });
    await expect(refused).rejects.toMatchObject({ code: 'rejected', rule: 'words', retryMs: undefined });
    const slow = rooms.request({ t: 'send', topic: 'room:r', client_id: 'c3', body: 'again' });
    call(-1).refuse({ status: 429, code: 'rate_limited', retryAfterSeconds: 7, more: {} });
    await expect(slow).rejects.toMatchObject({ code: 'rate_limited', retryMs: 7_000 });
  });

  it('gives the room back to the socket as soon as that stands', async () => {
    await entered();
    const poll = call(-1);
    // Further sockets in vain take nothing from the room.
    onWire.topics.get('room:r')?.lost();
    expect(heard.includes('lost')).toBe(false);
    await become('connecting');
    await become('online');
    expect(poll.signal?.aborted).toBe(true);
    expect(heard.at(-1)).toBe('lost');
    poll.answer({ epoch: 'e', head: 3, items: [{ t: 'msg', seq: 3 }], more: false });
    await settle();
    expect(heard.at(-1)).toBe('lost');
    await rooms.request({ t: 'send', topic: 'room:r', body: 'by socket' });
    expect(onWire.asked.length).toBe(1);
  });

  it('leaves a room that is not ours, and one that is closed', async () => {
    const close = rooms.topic('room:r', handler);
    await blocked();
    call(0).refuse({ status: 404, code: 'not_found', more: {} });
    await settle();
    expect(heard.at(-1)).toBe('refused not_found');
    close();
    const before = calls.length;
    const again = rooms.topic('room:s', handler);
    expect(call(before).path).toBe('/rooms/s');
    again();
    expect(call(before).signal?.aborted).toBe(true);
    expect(onWire.topics.size).toBe(0);
  });

  it('has the person ask again for what is told nowhere', async () => {
    rooms.topic('user', { ...handler, implicit: true });
    await blocked();
    expect(heard).toEqual([{ t: 'joined', topic: 'user' }]);
    await pass(41_000);
    expect(heard.length).toBe(3);
  });

  it('leaves an answer that does not come any more, and asks again', async () => {
    await entered();
    const asked = calls.length;
    const hanging = call(-1);
    expect(hanging.path).toContain('wait=25');
    await pass(54_000);
    expect(hanging.signal?.aborted).toBe(false);
    await pass(2_000);
    expect(hanging.signal?.aborted).toBe(true);
    hanging.refuse(new DOMException('aborted', 'AbortError'));
    await settle();
    await pass(10_000);
    expect(calls.length).toBeGreaterThan(asked);
  });
});
