// Messages that are written but not yet acknowledged. Kept in IndexedDB, so that a closed tab or a dead network loses
// nothing; each has a client_id that makes a repeated send harmless.

import type { ChatFile, MessageAt, Quote } from './protocol';

export type Unsent = {
  client_id: string;
  /** Who wrote it: another person in the same browser must not send it. */
  user: string;
  room: string;
  body: string;
  at?: MessageAt;
  reply?: Quote;
  files?: ChatFile[];
  mentions?: string[];
  /** Milliseconds since 1970; the order of sending. */
  written: number;
  /**
   * `sending` until the server has answered; `sent` from its ack until the message itself is here; `held`: stored, and a
   * moderator looks at it first.
   */
  state: 'sending' | 'sent' | 'held' | 'failed';
  /** Why it failed: the server's code, or `stale` for one that waited for a day. */
  code?: string;
  /** Of `rejected`: which rule. */
  rule?: string;
  /** Of `sent`: its number, by which it has come when the room is that far. */
  seq?: number;
};

/** What is sent besides the words. */
export type Extras = Pick<Unsent, 'at' | 'reply' | 'files' | 'mentions'>;

export type OutboxStore = {
  all: (user: string, room: string) => Promise<Unsent[]>;
  /** Of all rooms of this person. */
  left: (user: string) => Promise<Unsent[]>;
  put: (item: Unsent) => Promise<void>;
  remove: (clientId: string) => Promise<void>;
};

/** After this a message is not sent by itself any more: it may no longer be meant. */
export const STALE = 24 * 3600_000;

/** What was left over by an earlier visit, in order. */
export const revive = (items: readonly Unsent[], now: number): Unsent[] =>
  items
    .map((item): Unsent => {
      if (item.state === 'failed' || item.state === 'held') return item;
      return now - item.written > STALE
        ? { ...item, state: 'failed', code: 'stale' }
        : { ...item, state: 'sending' };
    })
    .sort((a, b) => a.written - b.written);

/** The rooms in which something of these waits to be sent by itself. */
export const roomsOf = (items: readonly Unsent[], now: number): string[] => [
  ...new Set(revive(items, now).flatMap(({ state, room }) => (state === 'sending' ? [room] : []))),
];

const DATABASE = 'ilm';
const STORE = 'outbox';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      const store = asked.result.createObjectStore(STORE, { keyPath: 'client_id' });
      store.createIndex('place', ['user', 'room']);
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error('blocked'));
  });
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The store of this browser. Without IndexedDB (private modes forbid it) it keeps them as long as the page lives. */
export function browserOutbox(): OutboxStore {
  const memory = new Map<string, Unsent>();
  let opened: Promise<IDBDatabase> | undefined;
  const use = async <T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T | undefined> => {
    opened ??= open();
    const mine = opened;
    try {
      const database = await mine;
      return await done(work(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      // Some browsers drop the connection of a page that was long in the background: the next use opens another.
      if (opened === mine) opened = undefined;
      return undefined;
    }
  };
  const find = async (user: string, place: IDBValidKey | IDBKeyRange, here: (item: Unsent) => boolean) => {
    const kept = await use('readonly', (store) => store.index('place').getAll(place));
    const found = new Map<string, Unsent>();
    for (const item of (kept ?? []) as Unsent[]) found.set(item.client_id, item);
    for (const item of memory.values()) if (item.user === user && here(item)) found.set(item.client_id, item);
    return [...found.values()];
  };
  return {
    all: (user, room) => find(user, [user, room], (item) => item.room === room),
    // An array is more than any text, so this is every room.
    left: (user) => find(user, IDBKeyRange.bound([user], [user, []]), () => true),
    async put(item) {
      memory.set(item.client_id, item);
      await use('readwrite', (store) => store.put(item));
    },
    async remove(clientId) {
      memory.delete(clientId);
      await use('readwrite', (store) => store.delete(clientId));
    },
  };
}
