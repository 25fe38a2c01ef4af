// Rooms where no socket gets through (a proxy that knows no WebSocket): the log is asked for over HTTP, each answer
// waiting for the next entry, and what is written goes by HTTP too. The socket is tried on meanwhile; once it stands, it
// takes over where the log was. What is missing without it: typing, presence and receipts.

import { delay } from './backoff';
import { type ChatMessage, type Entry, type Frame, type JoinedFrame, LiveError, type Page } from './protocol';
import type { Live, LiveState, TopicHandler } from './socket';

/** A refusal as HTTP tells it; `status` is 0 when no answer came. */
export type HttpRefusal = {
  status: number;
  code: string;
  detail?: string | undefined;
  retryAfterSeconds?: number | undefined;
  more: Readonly<Record<string, unknown>>;
};

export type FallbackPorts = {
  /** Rejects with an `HttpRefusal`. */
  call: (method: string, path: string, more: { body?: unknown; signal?: AbortSignal }) => Promise<unknown>;
  later: (work: () => void, milliseconds: number) => () => void;
  random: () => number;
  online: () => boolean;
};

type Socket = Pick<Live, 'topic' | 'rejoin' | 'request' | 'tell' | 'state' | 'listen'>;
type Entered = { handler: TopicHandler; stop: (() => void) | undefined; up: boolean };
type Place = { last: number; epoch: string };
type Log = { epoch: string; head: number; items: Entry[]; more: boolean };
/** What the list of rooms says of one. */
type RoomLine = {
  kind: string;
  title: string;
  can_write: boolean;
  locked: boolean;
  moderates: boolean;
  role: string;
  read_seq: number;
  muted: { until: string | null; reason: string | null } | null;
  course: { id: string } | null;
  lesson_id: string | null;
  task_id: string | null;
  owner: { id: string } | null;
};

/** So many sockets in a row that never said welcome: something on the way does not let them through. */
const TRIES = 2;
/** A socket that opens for longer than this, in milliseconds, may hang in a proxy: the rooms do not wait for it. */
const SLOW = 6_000;
/** Seconds that the server may wait for the next entry. */
const WAIT = 25;
/** An answer that takes longer, in milliseconds, does not come any more; what waits for an entry has its wait besides. */
const ANSWER = 30_000;
/** The person's own news are asked for so often, in milliseconds. */
const NEWS = 20_000;
const PERSON = 'user';
const ROOM = 'room:';

export type Fallback = ReturnType<typeof createFallback>;

/** The socket's rooms and news of the person, with HTTP in its place while it does not get through. */
export function createFallback(socket: Socket, ports: FallbackPorts) {
  const topics = new Map<string, Entered>();
  const hearers = new Set<() => void>();
  let polling = false;
  let failures = 0;
  let cancelSlow: (() => void) | undefined;

  const told = () => {
    for (const hear of [...hearers]) hear();
  };

  socket.listen(() => {
    const state = socket.state();
    cancelSlow?.();
    cancelSlow = undefined;
    if (state === 'connecting') cancelSlow = ports.later(begin, SLOW);
    else if (state === 'waiting') {
      failures++;
      if (failures >= TRIES) begin();
    } else {
      failures = 0;
      end();
    }
    told();
  });

  function begin() {
    if (polling || !ports.online()) return;
    polling = true;
    for (const [topic, entered] of topics) start(topic, entered);
  }

  function end() {
    if (!polling) return;
    polling = false;
    for (const entered of topics.values()) halt(entered);
  }

  function halt(entered: Entered) {
    entered.stop?.();
    entered.stop = undefined;
    if (entered.up) entered.handler.lost();
    entered.up = false;
  }

  function start(topic: string, entered: Entered) {
    entered.stop?.();
    const abort = new AbortController();
    let wake: (() => void) | undefined;
    let cancelPause: (() => void) | undefined;
    entered.stop = () => {
      abort.abort();
      cancelPause?.();
      wake?.();
    };
    const pause = (milliseconds: number) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        cancelPause = ports.later(resolve, milliseconds);
      });
    void (topic === PERSON
      ? news(entered, abort.signal, pause)
      : follow(topic, entered, abort.signal, pause));
  }

  /** What came meanwhile was missed, so whoever listens asks again. */
  async function news({ handler }: Entered, signal: AbortSignal, pause: (ms: number) => Promise<void>) {
    while (!signal.aborted) {
      handler.joined({ t: 'joined', topic: PERSON });
      await pause(NEWS);
    }
  }

  async function follow(
    topic: string,
    entered: Entered,
    signal: AbortSignal,
    pause: (milliseconds: number) => Promise<void>,
  ) {
    const { handler } = entered;
    const room = topic.slice(ROOM.length);
    let place: Place | undefined;
    let attempt = 0;
    while (!signal.aborted) {
      try {
        if (!place) {
          const { frame, at } = await enter(room, topic, handler, signal);
          if (signal.aborted) return;
          place = at;
          entered.up = true;
          handler.joined(frame);
          told();
        } else {
          const page: Log = await log(room, place.last, WAIT, signal);
          if (signal.aborted) return;
          if (page.epoch !== place.epoch) place = undefined;
          else if (page.items.length > 0) {
            place = { ...place, last: page.items.at(-1)?.seq ?? place.last };
            handler.frame({ t: 'entries', topic, entries: page.items });
          }
        }
        attempt = 0;
      } catch (error) {
        if (signal.aborted) return;
        const problem = refusal(error);
        if (problem.retryMs === undefined) {
          entered.up = false;
          handler.refused(problem);
          return;
        }
        if (entered.up) {
          entered.up = false;
          handler.lost();
          told();
        }
        place = undefined;
        await pause(Math.max(problem.retryMs, delay(attempt++, ports.random())));
      }
    }
  }

  /** One call, which a dead link does not hold for ever. */
  async function call(
    method: string,
    path: string,
    { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
    limit = ANSWER,
  ): Promise<unknown> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    const cancel = ports.later(stop, limit);
    try {
      return await ports.call(method, path, {
        ...(body === undefined ? {} : { body }),
        signal: abort.signal,
      });
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  }

  const log = async (room: string, after: number, wait: number, signal: AbortSignal): Promise<Log> =>
    (await call(
      'GET',
      `/rooms/${room}/log?after=${after}&wait=${wait}`,
      { signal },
      ANSWER + wait * 1_000,
    )) as Log;

  /** What a join would answer: everything after what is known, or the newest page in its place. */
  async function enter(
    room: string,
    topic: string,
    handler: TopicHandler,
    signal: AbortSignal,
  ): Promise<{ frame: JoinedFrame; at: Place }> {
    const { last_seq: known, epoch } = handler.join() as { last_seq?: number; epoch?: string };
    if (known !== undefined && epoch !== undefined) {
      const rest = await log(room, known, 0, signal);
      // More than one answer holds is not worth replaying.
      if (rest.epoch === epoch && !rest.more && rest.head >= known) {
        const last = rest.items.at(-1)?.seq ?? known;
        const frame: JoinedFrame = { t: 'joined', topic, epoch, resumed: true, entries: rest.items };
        return { frame, at: { last, epoch } };
      }
    }
    const [line, page] = (await Promise.all([
      call('GET', `/rooms/${room}`, { signal }),
      call('GET', `/rooms/${room}/messages?limit=50`, { signal }),
    ])) as [RoomLine, Page & { head: number; items: ChatMessage[] }];
    const rest = await log(room, page.head, 0, signal);
    const frame: JoinedFrame = {
      t: 'joined',
      topic,
      epoch: rest.epoch,
      head: page.head,
      resumed: false,
      page,
      room: {
        kind: line.kind,
        title: line.title,
        can_write: line.can_write,
        locked: line.locked,
        online: 0,
        members: 0,
        course_id: line.course?.id ?? null,
        lesson_id: line.lesson_id,
        task_id: line.task_id,
        owner_id: line.owner?.id ?? null,
      },
      me: {
        read: line.read_seq,
        delivered: 0,
        role: line.role,
        moderates: line.moderates,
        muted: line.muted,
      },
    };
    return { frame, at: { last: page.head, epoch: rest.epoch } };
  }

  /** The same request over HTTP. */
  async function ask(frame: Record<string, unknown>): Promise<Frame> {
    const { t, topic, ...rest } = frame;
    const room = `/rooms/${String(topic).slice(ROOM.length)}`;
    const message = `${room}/messages/${rest.msg}`;
    const act = async (method: string, path: string, body?: unknown) => {
      try {
        const answer = await call(method, path, { body });
        return { t: 'ack', ...(answer as object) } as Frame;
      } catch (error) {
        throw refusal(error);
      }
    };
    switch (t) {
      case 'send':
        return act('POST', `${room}/messages`, rest);
      case 'edit':
        return act('PATCH', message, { body: rest.body, mentions: rest.mentions, version: rest.version });
      case 'del':
        return act(
          'DELETE',
          `${message}${rest.reason ? `?reason=${encodeURIComponent(String(rest.reason))}` : ''}`,
        );
      case 'react':
        return act(
          rest.on ? 'PUT' : 'DELETE',
          `${message}/reactions/${encodeURIComponent(String(rest.emoji))}`,
        );
      case 'pin':
        return act(rest.on ? 'PUT' : 'DELETE', `${message}/pin`);
      case 'answer':
        return rest.msg
          ? act('PUT', `${message}/accepted`)
          : act('DELETE', `${room}/messages/${rest.was}/accepted`);
      default:
        throw new LiveError('lost', { retryMs: 0 });
    }
  }

  async function mark(topic: string, read: unknown, delivered: unknown) {
    try {
      await call('POST', `/rooms/${topic.slice(ROOM.length)}/marks`, { body: { read, delivered } });
    } catch {
      // It only grows: the next one says the same and more.
      return;
    }
    topics.get(PERSON)?.handler.frame({ t: 'mark', topic, read, delivered });
  }

  const up = () => polling && [...topics.values()].some((entered) => entered.up);

  return {
    /** As the socket's state, except that rooms that are followed over HTTP are online. */
    state: (): LiveState => (up() ? 'online' : socket.state()),
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    topic(name: string, handler: TopicHandler): () => void {
      const entered: Entered = { handler, stop: undefined, up: false };
      topics.set(name, entered);
      const leave = socket.topic(name, {
        ...handler,
        lost: () => {
          // A socket that fails again takes nothing from a room that is followed without it.
          if (!entered.up) handler.lost();
        },
      });
      if (polling) start(name, entered);
      return () => {
        entered.stop?.();
        if (topics.get(name) === entered) topics.delete(name);
        leave();
      };
    },
    rejoin(name: string): void {
      const entered = topics.get(name);
      if (polling && entered) start(name, entered);
      else socket.rejoin(name);
    },
    request: (frame: Record<string, unknown>): Promise<Frame> =>
      polling && String(frame.topic).startsWith(ROOM) ? ask(frame) : socket.request(frame),
    tell(frame: Record<string, unknown>): void {
      if (!polling) socket.tell(frame);
      else if (frame.t === 'mark') void mark(String(frame.topic), frame.read, frame.delivered);
    },
  };
}

/** What HTTP calls otherwise than the socket. */
const socketCodes: Readonly<Record<string, string>> = { message_rejected: 'rejected', chat_banned: 'banned' };

/** A refusal of HTTP as the socket would have said it. */
function refusal(error: unknown): LiveError {
  if (error instanceof LiveError) return error;
  const { status, code, detail, retryAfterSeconds, more } = error as HttpRefusal;
  // Nothing that the server has said: a fault of this page would not go away by asking again and again at once.
  if (typeof status !== 'number') return new LiveError('unavailable', { msg: String(error), retryMs: 5_000 });
  const passes = status === 0 || status === 429 || status >= 500;
  return new LiveError(socketCodes[code] ?? code, {
    msg: detail,
    retryMs: passes ? (retryAfterSeconds ?? 1) * 1000 : undefined,
    rule: typeof more.rule === 'string' ? more.rule : undefined,
    until: typeof more.until === 'string' || more.until === null ? more.until : undefined,
    reason: typeof more.reason === 'string' ? more.reason : undefined,
    needWrong: typeof more.need_wrong === 'number' ? more.need_wrong : undefined,
  });
}
