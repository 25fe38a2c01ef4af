import { beforeEach, describe, expect, it } from 'vitest';
import type { JoinedFrame, LiveError } from './protocol';
import { createLive, type Live, type TopicHandler } from './socket';
import { settle, TestClock } from './testClock';

class FakeWire {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  say(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  end(code: number, reason = '') {
    this.onclose?.({ code, reason });
  }
  last(t: string) {
    return this.sent.filter((frame) => frame.t === t).at(-1);
  }
}

let wires: FakeWire[];
let clock: TestClock;
let live: Live;
let renewed: number;
/** Whether the server can be asked for a token. */
let reach: boolean;
const wire = () => wires.at(-1) as FakeWire;
const pass = (milliseconds: number) => clock.pass(milliseconds);

beforeEach(() => {
  wires = [];
  clock = new TestClock();
  renewed = 0;
  reach = true;
  live = createLive({
    open: () => {
      const made = new FakeWire();
      wires.push(made);
      return made;
    },
    token: () => (reach ? Promise.resolve('token') : Promise.reject(new Error('no link'))),
    renew: () => (reach ? Promise.resolve(`renewed ${++renewed}`) : Promise.reject(new Error('no link'))),
    locale: () => 'uz',
    random: () => 0.5,
    later: clock.later,
    now: () => clock.now,
    online: () => true,
  });
});

type Ear = TopicHandler & { heard: unknown[]; last: number };
function ear(): Ear {
  const heard: unknown[] = [];
  const made: Ear = {
    heard,
    last: 0,
    join: () => (made.last ? { last_seq: made.last } : {}),
    joined: (frame: JoinedFrame) => {
      made.last = frame.head ?? 0;
      heard.push('joined');
    },
    frame: (frame) => heard.push(frame.t),
    refused: (error: LiveError) => heard.push(error.code),
    lost: () => heard.push('lost'),
  };
  return made;
}
async function welcome() {
  wire().onopen?.();
  await settle();
  wire().say({ t: 'welcome', re: 1, dead_s: 40 });
  await settle();
}
const answerJoin = (topic: string, more: object = {}) =>
  wire().say({ t: 'joined', re: wire().last('join')?.id, topic, ...more });

/** MSG-01 */
describe('the socket', () => {
  it('opens when a topic is wanted, says hello first and then joins', async () => {
    expect(live.state()).toBe('idle');
    const one = ear();
    live.topic('room:a', one);
    expect(wires.length).toBe(1);
    wire().onopen?.();
    await settle();
    expect(wire().sent).toEqual([{ t: 'hello', id: 1, client: 'web/1', locale: 'uz', token: 'token' }]);
    wire().say({ t: 'welcome', re: 1, dead_s: 40 });
    expect(live.state()).toBe('online');
    expect(wire().last('join')).toEqual({ t: 'join', id: 2, topic: 'room:a' });
    answerJoin('room:a', { head: 7 });
    await settle();
    wire().say([
      { t: 'msg', topic: 'room:a', seq: 8 },
      { t: 'unheard-of', topic: 'room:a' },
      { t: 'msg', topic: 'room:b', seq: 1 },
    ]);
    expect(one.heard).toEqual(['joined', 'msg', 'unheard-of']);
  });

  it('takes the topic that the server joins by itself as joined, and leaves it without a word', async () => {
    const person = { ...ear(), implicit: true };
    const leave = live.topic('user', person);
    await welcome();
    expect(person.heard).toEqual(['joined']);
    expect(wire().last('join')).toBeUndefined();
    leave();
    expect(wire().last('leave')).toBeUndefined();
  });

  it('tells what was read elsewhere to the room and to whoever counts', async () => {
    const [person, room] = [{ ...ear(), implicit: true }, ear()];
    live.topic('user', person);
    live.topic('room:a', room);
    await welcome();
    answerJoin('room:a');
    await settle();
    wire().say({ t: 'mark', topic: 'room:a', read: 3, delivered: 3 });
    wire().say({ t: 'mark', topic: 'room:b', read: 5, delivered: 5 });
    expect(room.heard).toEqual(['joined', 'mark']);
    expect(person.heard).toEqual(['joined', 'mark', 'mark']);
  });

  it('comes back after a loss and asks for what came after what it knows', async () => {
    const one = ear();
    live.topic('room:a', one);
    await welcome();
    answerJoin('room:a', { head: 7 });
    await settle();
    wire().end(1006);
    expect(live.state()).toBe('waiting');
    expect(one.heard).toEqual(['joined', 'lost']);
    await pass(250);
    expect(wires.length).toBe(2);
    await welcome();
    expect(wire().last('join')).toMatchObject({ topic: 'room:a', last_seq: 7 });
  });

  it('doubles its patience until a connection has stood for a minute', async () => {
    live.topic('room:a', ear());
    const bounds = [250, 500, 1000, 2000];
    for (const bound of bounds) {
      await welcome();
      const count = wires.length;
      wire().end(1006);
      await pass(bound - 1);
      expect(wires.length).toBe(count);
      await pass(1);
      expect(wires.length).toBe(count + 1);
    }
    await welcome();
    for (let minute = 0; minute < 2; minute++) {
      await pass(30_000);
      wire().say({ t: 'ping' });
    }
    wire().end(1006);
    const count = wires.length;
    await pass(250);
    expect(wires.length).toBe(count + 1);
  });

  it('answers a ping, and takes a silent link for dead', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().say({ t: 'ping' });
    expect(wire().last('pong')).toEqual({ t: 'pong' });
    await pass(39_999);
    expect(live.state()).toBe('online');
    await pass(1);
    expect(live.state()).toBe('waiting');
  });

  it('renews its token when asked, and before coming back from an expired one', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().say({ t: 'auth_due', in_s: 60 });
    await settle();
    expect(wire().last('auth')).toMatchObject({ token: 'renewed 1' });
    wire().end(4001);
    await settle();
    expect(renewed).toBe(2);
    expect(wires.length).toBe(2);
  });

  it('stays away when it was replaced or signed out, until somebody asks', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().end(4006);
    await pass(600_000);
    expect(wires.length).toBe(1);
    expect(live.state()).toBe('stopped');
    expect(live.stopCode()).toBe(4006);
    // Two windows would take the place from each other for ever.
    live.awake();
    expect(wires.length).toBe(1);
    live.retry();
    expect(wires.length).toBe(2);
  });

  it('comes back with the network after a loss, and when a token could not be renewed', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().end(1006);
    live.awake();
    expect(wires.length).toBe(2);
  });

  it('comes back within the time that a restarting server spreads its clients over', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().say({ t: 'bye', code: 4200, spread_s: 20 });
    wire().end(4200);
    await pass(9_999);
    expect(wires.length).toBe(1);
    await pass(1);
    expect(wires.length).toBe(2);
  });

  it('fails what was asked when the connection goes: the outcome is unknown', async () => {
    live.topic('room:a', ear());
    await welcome();
    const asked = live.request({ t: 'send', topic: 'room:a' }).catch((error: LiveError) => error.code);
    wire().end(1006);
    expect(await asked).toBe('lost');
    expect(await live.request({ t: 'send' }).catch((error: LiveError) => error.code)).toBe('lost');
  });

  it('gives up a request that is not answered', async () => {
    live.topic('room:a', ear());
    await welcome();
    const asked = live.request({ t: 'send', topic: 'room:a' }).catch((error: LiveError) => error.code);
    await pass(10_000);
    expect(await asked).toBe('timeout');
  });

  it('gives a join the time that a slow link needs for a whole page', async () => {
    const one = ear();
    live.topic('room:a', one);
    await welcome();
    for (let time = 0; time < 3; time++) {
      await pass(10_000);
      wire().say({ t: 'ping' });
    }
    answerJoin('room:a', { head: 3 });
    await settle();
    expect(one.heard).toEqual(['joined']);
    expect(wire().sent.filter((frame) => frame.t === 'join').length).toBe(1);
  });

  it('comes back when the token could not be renewed because of the link', async () => {
    live.topic('room:a', ear());
    await welcome();
    reach = false;
    wire().end(4001);
    await settle();
    expect(live.state()).toBe('waiting');
    await pass(30_000);
    expect(wires.length).toBeGreaterThan(1);
    // Nor does it go on as a guest.
    wire().onopen?.();
    await settle();
    expect(wire().sent).toEqual([]);
    reach = true;
    await pass(60_000);
    wire().onopen?.();
    await settle();
    expect(wire().sent[0]).toMatchObject({ t: 'hello', token: 'token' });
  });

  /** screens, 70 */
  it('leaves a link that was silent while the device slept, at once', async () => {
    live.topic('room:a', ear());
    await welcome();
    live.awake();
    expect(wires.length).toBe(1);
    // No timer has run meanwhile.
    clock.now += 3_600_000;
    live.awake();
    expect(wires.length).toBe(2);
    expect(live.state()).toBe('connecting');
  });

  it('tells a refused topic why, and asks again when the refusal is temporary', async () => {
    const one = ear();
    live.topic('room:a', one);
    await welcome();
    wire().say({ t: 'err', re: wire().last('join')?.id, code: 'unavailable', retry_ms: 1000 });
    await settle();
    await pass(1500);
    expect(wire().sent.filter((frame) => frame.t === 'join').length).toBe(2);
    wire().say({ t: 'err', re: wire().last('join')?.id, code: 'not_found' });
    await settle();
    expect(one.heard).toEqual(['not_found']);
  });

  it('closes some time after the last topic was left', async () => {
    const leave = live.topic('room:a', ear());
    await welcome();
    answerJoin('room:a');
    leave();
    expect(wire().last('leave')).toMatchObject({ topic: 'room:a' });
    expect(live.state()).toBe('online');
    await pass(20_000);
    expect(live.state()).toBe('idle');
  });

  it('ignores what is no frame', async () => {
    live.topic('room:a', ear());
    await welcome();
    wire().onmessage?.({ data: 'not json' });
    wire().onmessage?.({ data: new ArrayBuffer(2) });
    wire().say([1, null, { t: 5 }]);
    expect(live.state()).toBe('online');
  });
});
