// Keeps a draft of an answer on the server while it is typed: every five seconds and when the field is left. One call at a
// time, the newest words win, and a dead link only delays it.
export type SaverState = {
  status: 'clean' | 'waiting' | 'saving' | 'saved' | 'offline';
  at: number | undefined;
};

type Ports<T> = {
  save: (value: T) => Promise<void>;
  now: () => number;
  /** Calls back once; answers with what takes the call back. */
  later: (work: () => void, milliseconds: number) => () => void;
};

/** Milliseconds between two saves of what is being typed, and until a failed one is tried again. */
export const EVERY = 5_000;
const AGAIN = 10_000;

export type Saver<T> = ReturnType<typeof createSaver<T>>;

export function createSaver<T>(ports: Ports<T>) {
  let state: SaverState = { status: 'clean', at: undefined };
  let next: { value: T } | undefined;
  let flying = false;
  let closed = false;
  /** Counts what was handed in: a save that was under way then says nothing any more. */
  let dropped = 0;
  let cancel: (() => void) | undefined;
  const hearers = new Set<() => void>();
  const set = (status: SaverState['status'], at = state.at) => {
    state = { status, at };
    for (const hear of hearers) hear();
  };
  const plan = (milliseconds: number) => {
    cancel ??= ports.later(() => {
      cancel = undefined;
      void flush();
    }, milliseconds);
  };
  const unplan = () => {
    cancel?.();
    cancel = undefined;
  };

  async function flush(): Promise<void> {
    unplan();
    if (flying || !next) return;
    const { value } = next;
    next = undefined;
    flying = true;
    const mine = dropped;
    set('saving');
    try {
      await ports.save(value);
      flying = false;
      if (mine === dropped || next) set(next ? 'waiting' : 'saved', ports.now());
      if (next && !closed) plan(EVERY);
    } catch {
      flying = false;
      if (mine !== dropped && !next) return;
      // What was typed meanwhile is newer.
      next ??= { value };
      set('offline');
      if (!closed) plan(AGAIN);
    }
  }

  return {
    view: () => state,
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    /** Something was typed. */
    set(value: T): void {
      next = { value };
      if (!flying) set(state.status === 'offline' ? 'offline' : 'waiting');
      plan(EVERY);
    },
    /** The field was left: now. */
    flush,
    /** It was handed in: nothing is left to save. */
    drop(): void {
      unplan();
      dropped += 1;
      next = undefined;
      state = { status: 'clean', at: undefined };
      set('clean');
    },
    close(): void {
      closed = true;
      void flush();
    },
  };
}
