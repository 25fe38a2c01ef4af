// The frames of the socket `/api/v1/ws` (subprotocol ilm.v1) as this app uses them. Fields and kinds that are not
// listed here are ignored, so that the server may grow.

export type MessageAt = { lesson: string; second: number };

/** A message in its present state. `body` is plain text and is shown as text only. */
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
  at?: MessageAt | null;
  /** For display only: the order is `seq`. */
  created_at: string;
  version: number;
};

/** One entry of a room's log. Kinds that this version does not know still move the chain. */
export type Entry = { t: string; seq: number; m?: ChatMessage };

export type Mark = { read: number; delivered: number };

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
  room?: { kind: string; title: string; can_write: boolean; online: number; members: number };
  me?: Mark & { role: string };
  marks?: (Mark & { user: string })[];
};

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
};

/** A request that was refused, or that the connection did not live to answer (`code` is then `lost`). */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  readonly code: string;
  /** Milliseconds after which the same request may be repeated; absent when that would not help. */
  readonly retryMs: number | undefined;
  readonly rule: string | undefined;

  constructor(code: string, more: { msg?: string; retryMs?: number; rule?: string } = {}) {
    super(more.msg ?? code);
    this.code = code;
    this.retryMs = more.retryMs;
    this.rule = more.rule;
  }

  static of(frame: ErrFrame): LiveError {
    return new LiveError(frame.code, {
      ...(frame.msg ? { msg: frame.msg } : {}),
      ...(frame.retry_ms === undefined ? {} : { retryMs: frame.retry_ms }),
      ...(frame.rule ? { rule: frame.rule } : {}),
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
