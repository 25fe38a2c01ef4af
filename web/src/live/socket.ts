// The one socket of this tab: signs in, keeps itself alive, comes back after a loss, and joins the topics that are
// wanted. It is open only while somebody wants a topic. What a topic's frames mean is up to its handler.

import { comeback, delay, wait } from './backoff';
import { type ErrFrame, type Frame, type JoinedFrame, LiveError, readFrames } from './protocol';

/** What the page can say about the connection. */
export type LiveState =
  /** Nobody wants it. */
  | 'idle'
  | 'connecting'
  | 'online'
  /** Lost; it comes back by itself. */
  | 'waiting'
  /** The server has closed it for good (signed out, another connection took its place); `retry` tries again. */
  | 'stopped';

export type TopicHandler = {
  /** The server joins it by itself at the welcome (`user`): it is neither joined nor left by name. */
  implicit?: boolean;
  /** Further fields of the join, asked for at each (re)connection. */
  join: () => Record<string, unknown>;
  joined: (frame: JoinedFrame) => void;
  frame: (frame: Frame) => void;
  /** The server will not have it (no such room, not yours). */
  refused: (error: LiveError) => void;
  /** The connection went; it will be joined again by itself. */
  lost: () => void;
};

type Wire = {
  send: (text: string) => void;
  close: (code: number, reason?: string) => void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
};

/** What the socket needs from the browser, so that tests can stand in for it. */
export type LivePorts = {
  open: () => Wire;
  /** The access token, renewed when it is about to run out. Nothing for a guest. */
  token: () => Promise<string | undefined>;
  /** A new token in any case. */
  renew: () => Promise<string | undefined>;
  locale: () => string;
  random: () => number;
  later: (work: () => void, milliseconds: number) => () => void;
  /** Milliseconds, any that go on while the device sleeps. */
  now: () => number;
  online: () => boolean;
};

/** A connection that has stood this long counts as good: the next loss starts from the first attempt. */
const GOOD = 60_000;
/** How long the server may take to answer `hello` or a request. */
const ANSWER = 10_000;
/** A join brings up to 64 KiB: a slow link is given the time, a dead one is told by its silence. */
const JOINED = 35_000;
/** The socket of a page that wants nothing any more is closed after this. */
const LINGER = 20_000;
const DEAD_DEFAULT = 40;
/** What the server tells a person, whatever rooms the page has joined. */
const PERSON = 'user';

type Waiting = { resolve: (frame: Frame) => void; reject: (error: LiveError) => void; cancel: () => void };

export type Live = ReturnType<typeof createLive>;

export function createLive(ports: LivePorts) {
  let state: LiveState = 'idle';
  let stopCode: number | undefined;
  let wire: Wire | undefined;
  let welcomed = false;
  let attempt = 0;
  let nextId = 1;
  let spreadSeconds: number | undefined;
  let deadMs = DEAD_DEFAULT * 1000;
  /** When this connection was made, or last heard of. */
  let heard = 0;
  let cancelComeback: (() => void) | undefined;
  let cancelDead: (() => void) | undefined;
  let cancelGood: (() => void) | undefined;
  let cancelLinger: (() => void) | undefined;
  /** Grows with every connection; a callback of an older one is ignored. */
  let round = 0;
  const topics = new Map<string, TopicHandler>();
  const waiting = new Map<number, Waiting>();
  const hearers = new Set<() => void>();

  const set = (next: LiveState) => {
    if (state === next) return;
    state = next;
    for (const hear of hearers) hear();
  };

  function connect() {
    if (wire || topics.size === 0) return;
    cancelComeback?.();
    cancelComeback = undefined;
    stopCode = undefined;
    set('connecting');
    const mine = ++round;
    const opened = ports.open();
    wire = opened;
    heard = ports.now();
    opened.onopen = () => void hello(mine);
    opened.onmessage = (event) => {
      if (mine === round) hear(event.data);
    };
    opened.onclose = (event) => {
      if (mine === round) closed(event.code, event.reason);
    };
    // A socket that never opens, or never says welcome.
    watch(ANSWER * 2);
  }

  async function hello(mine: number) {
    const known = await ports.token().then(
      (token) => ({ token }),
      () => undefined,
    );
    if (mine !== round || !wire) return;
    // The token could not be asked for: this is no guest, and nothing is to be refused as if it were one.
    if (!known) return drop(1006);
    const { token } = known;
    nextId = 1;
    const locale = ports.locale();
    put({ t: 'hello', id: nextId++, client: 'web/1', locale, ...(token ? { token } : {}) });
  }

  const put = (frame: Record<string, unknown>) => wire?.send(JSON.stringify(frame));

  /** No frame for this long: the link is dead, whatever the browser believes. */
  function watch(milliseconds = deadMs) {
    cancelDead?.();
    cancelDead = ports.later(() => drop(4203), milliseconds);
  }

  /** Leaves the present socket without waiting for its close, which a dead link never delivers. */
  function drop(code: number) {
    const old = wire;
    if (!old) return;
    old.onopen = null;
    old.onmessage = null;
    old.onclose = null;
    old.close(1000);
    closed(code, '');
  }

  function closed(code: number, reason: string) {
    round++;
    wire = undefined;
    welcomed = false;
    cancelDead?.();
    cancelGood?.();
    for (const [, request] of waiting) {
      request.cancel();
      request.reject(new LiveError('lost', { retryMs: 0 }));
    }
    waiting.clear();
    for (const [, handler] of topics) handler.lost();
    if (topics.size === 0) return set('idle');
    const way = comeback(code);
    if (way === 'stay') {
      stopCode = code;
      return set('stopped');
    }
    set('waiting');
    if (way === 'renew' && attempt === 0) {
      attempt++;
      const mine = round;
      void ports.renew().then(
        (token) => {
          if (mine !== round || wire) return;
          // Without a token the session has ended: the rest of the page says so.
          if (token) return connect();
          stopCode = code;
          set('stopped');
        },
        () => {
          // Nobody answers, which says nothing of the session.
          if (mine === round && !wire)
            cancelComeback = ports.later(connect, delay(attempt++, ports.random()));
        },
      );
      return;
    }
    const pause = wait(code, attempt++, ports.random(), { spreadSeconds, reason });
    spreadSeconds = undefined;
    cancelComeback = ports.later(connect, pause);
  }

  function hear(data: unknown) {
    heard = ports.now();
    watch();
    for (const frame of readFrames(data)) take(frame);
  }

  function take(frame: Frame) {
    if (!welcomed) {
      if (frame.t === 'welcome') welcome(frame);
      return;
    }
    if (frame.t === 'ping') return put({ t: 'pong' });
    if (frame.t === 'auth_due') return void renewOnWire();
    if (frame.t === 'bye') {
      if (typeof frame.spread_s === 'number') spreadSeconds = frame.spread_s;
      return;
    }
    const request = frame.re === undefined ? undefined : waiting.get(frame.re);
    if (request && frame.re !== undefined) {
      waiting.delete(frame.re);
      request.cancel();
      if (frame.t === 'err') request.reject(LiveError.of(frame as unknown as ErrFrame));
      else request.resolve(frame);
      return;
    }
    if (!frame.topic || frame.re !== undefined) return;
    topics.get(frame.topic)?.frame(frame);
    // How far this person has read in a room on another device: whoever counts what is unread hears it too.
    if (frame.t === 'mark' && frame.topic !== PERSON) topics.get(PERSON)?.frame(frame);
  }

  function welcome(frame: Frame) {
    welcomed = true;
    if (typeof frame.dead_s === 'number' && frame.dead_s > 0) deadMs = frame.dead_s * 1000;
    watch();
    cancelGood = ports.later(() => {
      attempt = 0;
    }, GOOD);
    set('online');
    for (const topic of topics.keys()) join(topic);
  }

  async function renewOnWire() {
    const mine = round;
    const token = await ports.renew().catch(() => undefined);
    if (mine !== round || !token) return;
    // A refusal ends in a close with its own code.
    request({ t: 'auth', token }).catch(() => undefined);
  }

  function join(topic: string) {
    const handler = topics.get(topic);
    if (!handler || !welcomed) return;
    if (handler.implicit) return handler.joined({ t: 'joined', topic });
    const mine = round;
    request({ t: 'join', topic, ...handler.join() }, JOINED).then(
      (frame) => {
        if (topics.get(topic) === handler) handler.joined({ ...frame, t: 'joined', topic } as JoinedFrame);
      },
      (error: LiveError) => {
        if (topics.get(topic) !== handler || mine !== round || error.code === 'lost') return;
        if (error.retryMs === undefined) return handler.refused(error);
        ports.later(() => mine === round && join(topic), Math.max(200, error.retryMs) * (1 + ports.random()));
      },
    );
  }

  function request(frame: Record<string, unknown>, limit = ANSWER): Promise<Frame> {
    if (!wire || !welcomed) return Promise.reject(new LiveError('lost', { retryMs: 0 }));
    const id = nextId++;
    const answer = new Promise<Frame>((resolve, reject) => {
      const cancel = ports.later(() => {
        waiting.delete(id);
        reject(new LiveError('timeout', { retryMs: 0 }));
      }, limit);
      waiting.set(id, { resolve, reject, cancel });
    });
    put({ ...frame, id });
    return answer;
  }

  function retry() {
    if (wire || topics.size === 0 || !ports.online()) return;
    attempt = 0;
    connect();
  }

  return {
    state: () => state,
    /** The close code for which it has stopped. */
    stopCode: () => stopCode,
    listen(hearer: () => void): () => void {
      hearers.add(hearer);
      return () => hearers.delete(hearer);
    },
    /** Joins a topic now and after every reconnection, until the returned function is called. One handler a topic. */
    topic(name: string, handler: TopicHandler): () => void {
      topics.set(name, handler);
      cancelLinger?.();
      cancelLinger = undefined;
      if (welcomed) join(name);
      else if (state === 'idle') connect();
      return () => {
        if (topics.get(name) !== handler) return;
        topics.delete(name);
        if (welcomed && !handler.implicit) request({ t: 'leave', topic: name }).catch(() => undefined);
        if (topics.size > 0) return;
        cancelLinger = ports.later(() => {
          if (topics.size > 0) return;
          cancelComeback?.();
          attempt = 0;
          if (wire) drop(1000);
          else set('idle');
        }, LINGER);
      };
    },
    /** Joins a topic once more, for a hole in its chain. */
    rejoin: join,
    /** Rejects with a `LiveError`: the server's, `lost`, or `timeout`. */
    request: (frame: Record<string, unknown>): Promise<Frame> => request(frame),
    /** Says something that has no answer; dropped while the connection is away. */
    tell(frame: Record<string, unknown>): void {
      if (welcomed) put(frame);
    },
    /** Tries at once because somebody asks for it. Does nothing while connected. */
    retry,
    /** The network is back, or the page in front: tries at once, unless the server wants it to stay away. */
    awake(): void {
      // A device that slept ran no timers: what was silent for so long is dead, and nobody waits to be told.
      if (wire && ports.now() - heard > deadMs) drop(4203);
      if (stopCode === undefined || comeback(stopCode) !== 'stay') retry();
    },
    /** The browser says that the network is gone: the link is dead before its timer knows. */
    offline(): void {
      if (wire) drop(4203);
    },
    /** Another person, or nobody, is signed in now: nothing of the old connection may serve the new one. */
    restart(): void {
      attempt = 0;
      cancelComeback?.();
      if (wire) {
        const old = wire;
        old.onopen = null;
        old.onmessage = null;
        old.onclose = null;
        old.close(1000);
        closed(1000, '');
        cancelComeback?.();
      }
      if (topics.size > 0) connect();
    },
  };
}
