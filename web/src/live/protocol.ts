// The frames of the socket `/api/v1/ws` (subprotocol ilm.v1) as this app uses them. Fields and kinds that are not
// listed here are ignored, so that the server may grow.

export type MessageAt = { lesson: string; second: number };

/** `own`: whether the reader is among the `n`. */
export type Reaction = { emoji: string; n: number; own: boolean };

export type ChatFile = {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  content_type: string;
  /**
   * `image` has a size in pixels and a small copy; anything else (`file`) is for downloading. Where the bytes are is asked
   * for by the id: a link is for one person and a quarter of an hour.
   */
  kind: string;
  width?: number | null;
  height?: number | null;
};

/** The beginning of a message, where something points at it; `seq` is its place in the room. */
export type Quote = { id: string; seq?: number; author?: string; author_name: string; text: string };

/** A message in its present state. `body` is plain text with light marks and is never HTML. */
export type ChatMessage = {
  id: string;
  seq: number;
  /** Only in the author's own copy. */
  client_id?: string | null;
  author: string;
  author_name: string;
  /** `student`, `author` or `moderator`. */
  author_role: string;
  body: string;
  reply_to?: string | null;
  reply?: Quote | null;
  at?: MessageAt | null;
  /** For display only: the order is `seq`. */
  created_at: string;
  edited_at?: string | null;
  version: number;
  /** `shown` (also when absent), `held` (waits for a moderator), `deleted`, `refused`. */
  state?: string | null;
  reactions?: Reaction[];
  files?: ChatFile[];
  mentions?: string[];
};

/** One entry of a room's log. Kinds that this version does not know still move the chain. */
export type Entry = { t: string; seq: number; m?: ChatMessage; [field: string]: unknown };

export type Mark = { read: number; delivered: number };

/** What a join tells about the room. */
export type RoomInfo = {
  kind: string;
  title?: string | null;
  can_write: boolean;
  online: number;
  members: number;
  /** Seconds between two messages of one person; 0 when free. */
  slow_s?: number;
  locked?: boolean;
  /** Newest last. */
  pinned?: Quote[];
  accepted?: string | null;
  /** Wrong attempts that are missing until one may write under a task. */
  need_wrong?: number | null;
  course_id?: string | null;
  lesson_id?: string | null;
  task_id?: string | null;
  owner_id?: string | null;
};

export type JoinedFrame = {
  t: 'joined';
  re?: number;
  topic: string;
  epoch?: string;
  head?: number;
  resumed?: boolean;
  entries?: Entry[];
  more?: boolean;
  page?: { items: ChatMessage[]; has_more: boolean };
  room?: RoomInfo;
  me?: Mark & {
    role: string;
    moderates?: boolean;
    /** Null: not muted. Without an `until` it lasts until it is lifted. */
    muted?: { until?: string | null; reason?: string | null } | null;
  };
  marks?: (Mark & { user: string })[];
};

/** A page of history, in the order of the numbers. */
export type Page = { items: ChatMessage[]; has_more: boolean };

/** Anything that the server sends. `re` answers the request of that id, `topic` belongs to a joined topic. */
export type Frame = { t: string; re?: number; topic?: string; [field: string]: unknown };

export type ErrFrame = {
  t: 'err';
  re?: number;
  code: string;
  msg?: string;
  retry_ms?: number;
  field?: string;
  rule?: string;
  until?: string | null;
  reason?: string | null;
  need_wrong?: number | null;
};

/** A request that was refused, or that the connection did not live to answer (`code` is then `lost`). */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  readonly code: string;
  /** Milliseconds after which the same request may be repeated; absent when that would not help. */
  readonly retryMs: number | undefined;
  readonly rule: string | undefined;
  /** Of `muted` and `banned`: until when (null: until it is lifted), and the moderator's words. */
  readonly until: string | null | undefined;
  readonly reason: string | undefined;
  /** Of `read_only` under a task. */
  readonly needWrong: number | undefined;

  constructor(
    code: string,
    more: {
      msg?: string | undefined;
      retryMs?: number | undefined;
      rule?: string | undefined;
      until?: string | null | undefined;
      reason?: string | undefined;
      needWrong?: number | undefined;
    } = {},
  ) {
    super(more.msg ?? code);
    this.code = code;
    this.retryMs = more.retryMs;
    this.rule = more.rule;
    this.until = more.until;
    this.reason = more.reason;
    this.needWrong = more.needWrong;
  }

  static of(frame: ErrFrame): LiveError {
    return new LiveError(frame.code, {
      msg: frame.msg || undefined,
      retryMs: frame.retry_ms,
      rule: frame.rule,
      until: frame.until,
      reason: frame.reason ?? undefined,
      needWrong: frame.need_wrong ?? undefined,
    });
  }
}

/** Reads a text frame: one object or an array of them. What is not that yields nothing. */
export function readFrames(text: unknown): Frame[] {
  if (typeof text !== 'string') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const list = Array.isArray(value) ? value : [value];
  return list.filter(
    (item): item is Frame => typeof item === 'object' && item !== null && typeof item.t === 'string',
  );
}
