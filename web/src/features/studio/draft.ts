// Autosave: what is typed is kept at once in this browser and sent a moment later with the version that it was made
// against. A dead link only delays it; a change made elsewhere meanwhile is asked about, never overwritten unseen.

import { isApiError } from '~/api/error';

export type DraftStatus = 'saved' | 'waiting' | 'saving' | 'offline' | 'refused' | 'conflict';

export type DraftView<F> = {
  status: DraftStatus;
  /** What is not on the server yet. */
  unsaved: Partial<F>;
  savedAt: number | undefined;
  /** Why the server refused it. */
  error: unknown;
};

export type DraftPorts<F, E> = {
  /** Sends the fields against a version; answers with the new state. */
  save: (fields: Partial<F>, version: number) => Promise<E>;
  versionOf: (entity: E) => number;
  /** The present state of the server. */
  load: () => Promise<E>;
  /** Shows a state of the server. */
  show: (entity: E) => void;
  /** Keeps what is unsaved for the next visit; nothing clears it. */
  keep: (left: { fields: Partial<F>; version: number } | undefined) => void;
  now: () => number;
  later: (work: () => void, milliseconds: number) => () => void;
};

/** Pause after the last key before it is sent, and between attempts on a dead link, in milliseconds. */
const PAUSE = 800;
const AGAIN = [1_000, 3_000, 10_000, 30_000];

export type Draft<F extends object, E> = ReturnType<typeof createDraft<F, E>>;

export function createDraft<F extends object, E>(
  version: number,
  left: { fields: Partial<F>; version: number } | undefined,
  ports: DraftPorts<F, E>,
) {
  let pending: Partial<F> = left?.fields ?? {};
  let flying: Partial<F> | undefined;
  let known = left?.version ?? version;
  let status: DraftStatus = 'saved';
  let savedAt: number | undefined;
  let error: unknown;
  let failures = 0;
  /** The save that is under way; it never rejects. */
  let running: Promise<void> | undefined;
  let cancel: (() => void) | undefined;
  let view: DraftView<F> = { status, unsaved: pending, savedAt, error };
  const hearers = new Set<() => void>();
  let closed = false;

  const some = (fields: object) => Object.keys(fields).length > 0;
  const unsaved = (): Partial<F> => ({ ...flying, ...pending });

  function set(next: DraftStatus) {
    status = next;
    const open = unsaved();
    ports.keep(some(open) ? { fields: open, version: known } : undefined);
    view = { status, unsaved: open, savedAt, error };
    for (const hear of hearers) hear();
  }

  function plan(milliseconds: number) {
    cancel?.();
    cancel = ports.later(() => void flush(), milliseconds);
  }

  const stuck = () => ['conflict', 'offline', 'refused'].includes(status);
  const unplan = () => {
    cancel?.();
    cancel = undefined;
  };

  /** Sends what there is, now. Resolves when there is nothing left to send, or it cannot be sent. */
  async function flush(): Promise<void> {
    unplan();
    for (;;) {
      if (!running) {
        if (closed || status === 'conflict' || !some(pending)) return;
        running = send().finally(() => {
          running = undefined;
        });
      }
      await running;
      if (stuck()) return;
      // What was typed meanwhile goes now, not after its pause.
      unplan();
    }
  }

  async function send(): Promise<void> {
    flying = pending;
    pending = {};
    error = undefined;
    set('saving');
    try {
      const entity = await ports.save(flying, known);
      known = ports.versionOf(entity);
      flying = undefined;
      failures = 0;
      savedAt = ports.now();
      ports.show(entity);
      set(some(pending) ? 'waiting' : 'saved');
    } catch (cause) {
      pending = { ...flying, ...pending };
      flying = undefined;
      error = cause;
      if (isApiError(cause) && cause.status === 412) return set('conflict');
      if (isApiError(cause) && (cause.status === 0 || cause.status >= 500 || cause.status === 429)) {
        set('offline');
        const pause = AGAIN[Math.min(failures++, AGAIN.length - 1)] ?? PAUSE;
        return plan((cause.retryAfterSeconds ?? 0) * 1000 || pause);
      }
      // Refused for what it holds: it stays here and goes again with the next change.
      set('refused');
    }
  }

  if (left) {
    if (left.version === version) {
      status = 'waiting';
      view = { ...view, status };
      plan(0);
    } else {
      status = 'conflict';
      view = { ...view, status };
    }
  }

  return {
    view: () => view,
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    set(fields: Partial<F>): void {
      pending = { ...pending, ...fields };
      if (status === 'conflict') {
        set('conflict');
        return;
      }
      set(flying ? 'saving' : 'waiting');
      if (!flying) plan(PAUSE);
    },
    flush,
    /** The link may be back. */
    retry(): void {
      if (status === 'offline') void flush();
    },
    /** The page has learnt of another version without a change of ours (a reload, a publish). */
    seen(next: number): void {
      // A late answer may hold an older one than what has been saved since.
      if (!flying && !some(pending) && next > known) known = next;
    },
    /** After a conflict: ours over theirs, against the version that is there now. */
    async keepMine(): Promise<void> {
      const entity = await ports.load();
      known = ports.versionOf(entity);
      ports.show(entity);
      status = 'waiting';
      await flush();
    },
    /** After a conflict: theirs, and ours is gone. */
    async takeTheirs(): Promise<void> {
      const entity = await ports.load();
      known = ports.versionOf(entity);
      pending = {};
      ports.show(entity);
      set('saved');
    },
    close(): void {
      void flush();
      cancel?.();
      closed = true;
    },
  };
}
