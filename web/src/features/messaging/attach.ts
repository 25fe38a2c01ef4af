// Files on their way into a message: uploaded while one still writes, then named in the message. They live outside React,
// so that a look at another page loses nothing.
import { useSyncExternalStore } from 'react';
import { apiBase, session } from '~/api/client';
import { ApiError, problemOf } from '~/api/error';
import type { ChatFile } from '~/live/protocol';
import { keepFile } from './queries';

export type Attached = {
  key: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Absent for one that is up already and comes back from a message that was not taken. */
  file?: File | undefined;
  /** A picture of it from this device, while there is one. */
  preview: string | undefined;
  /** 0 to 1. */
  progress: number;
  state: 'uploading' | 'ready' | 'failed';
  /** Where the server takes the rest of it. */
  url?: string | undefined;
  /** What the server made of it. */
  done?: ChatFile;
  error?: unknown;
};

/** The server takes so many files a message, of so many bytes. */
export const MOST_FILES = 10;
export const MOST_BYTES = 25 * 1024 * 1024;
const CHUNK = 4 * 1024 * 1024;

type Shelf = { items: readonly Attached[]; hearers: Set<() => void>; stops: Map<string, () => void> };
const shelves = new Map<string, Shelf>();
const nothing: readonly Attached[] = [];

function shelfOf(place: string): Shelf {
  let shelf = shelves.get(place);
  if (!shelf) {
    shelf = { items: nothing, hearers: new Set(), stops: new Map() };
    shelves.set(place, shelf);
  }
  return shelf;
}

function set(shelf: Shelf, items: readonly Attached[]) {
  shelf.items = items;
  for (const hear of shelf.hearers) hear();
}

const change = (shelf: Shelf, key: string, next: Partial<Attached>) =>
  set(
    shelf,
    shelf.items.map((item) => (item.key === key ? { ...item, ...next } : item)),
  );

/** `place` is the person and the room. */
export function useAttached(place: string): readonly Attached[] {
  const shelf = shelfOf(place);
  return useSyncExternalStore(
    (hear) => {
      shelf.hearers.add(hear);
      return () => {
        shelf.hearers.delete(hear);
      };
    },
    () => shelf.items,
  );
}

/** Takes what fits; says what did not, if anything. */
export function attach(place: string, room: string, files: readonly File[]): 'many' | 'large' | undefined {
  const shelf = shelfOf(place);
  let trouble: 'many' | 'large' | undefined;
  for (const file of files) {
    if (shelf.items.length >= MOST_FILES) {
      trouble = 'many';
      break;
    }
    if (file.size > MOST_BYTES || file.size === 0) {
      trouble = 'large';
      continue;
    }
    const key = crypto.randomUUID();
    const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined;
    const { name, size } = file;
    set(shelf, [...shelf.items, { key, name, size, file, preview, progress: 0, state: 'uploading' }]);
    void run(shelf, room, key, file);
  }
  return trouble;
}

export function again(place: string, room: string, key: string): void {
  const shelf = shelfOf(place);
  const item = shelf.items.find((one) => one.key === key);
  if (!item?.file) return;
  change(shelf, key, { state: 'uploading', error: undefined });
  void run(shelf, room, key, item.file, item.url);
}

// What only the link has stopped goes on by itself when it is back.
addEventListener('online', () => {
  for (const [place, { items }] of shelves) {
    const room = place.split(' ')[1] ?? '';
    for (const { key, state, error } of items)
      if (state === 'failed' && error instanceof ApiError && error.status === 0) again(place, room, key);
  }
});

export function detach(place: string, key: string): void {
  const shelf = shelfOf(place);
  shelf.stops.get(key)?.();
  shelf.stops.delete(key);
  const item = shelf.items.find((one) => one.key === key);
  if (item?.preview) URL.revokeObjectURL(item.preview);
  set(
    shelf,
    shelf.items.filter((one) => one.key !== key),
  );
}

/** Files that are up already, for a message that is written anew. */
export function putBack(place: string, files: readonly ChatFile[]): void {
  const shelf = shelfOf(place);
  const known = new Set(shelf.items.map(({ done }) => done?.id));
  const items = files
    .filter(({ id }) => !known.has(id))
    .map((done): Attached => {
      const { name, size } = done;
      return { key: done.id, name, size, preview: undefined, progress: 1, state: 'ready', done };
    });
  set(shelf, [...shelf.items, ...items].slice(0, MOST_FILES));
}

/** They are in a message now. */
export function clearAttached(place: string): void {
  for (const { key } of shelfOf(place).items) detach(place, key);
}

session.listen((event) => {
  if (event.kind === 'signed-out') for (const place of shelves.keys()) clearAttached(place);
});

async function run(shelf: Shelf, room: string, key: string, file: File, from?: string): Promise<void> {
  const here = () => shelf.items.some((item) => item.key === key);
  try {
    const id = await upload(file, from, {
      progress: (part) => here() && change(shelf, key, { progress: part }),
      url: (url) => here() && change(shelf, key, { url }),
      stop: (stop) => shelf.stops.set(key, stop),
    });
    if (!here()) return;
    const done = await keepFile(room, id);
    if (here()) change(shelf, key, { state: 'ready', progress: 1, done });
  } catch (error) {
    if (here()) change(shelf, key, { state: 'failed', error });
  } finally {
    shelf.stops.delete(key);
  }
}

type Ways = {
  progress: (part: number) => void;
  url: (url: string) => void;
  stop: (stop: () => void) => void;
};

/** One file by the resumable protocol, from its start or from where an earlier try has come; gives the upload's id. */
async function upload(file: File, from: string | undefined, ways: Ways): Promise<string> {
  const { progress, url, stop } = ways;
  const { Upload } = await import('tus-js-client');
  return new Promise((resolve, reject) => {
    const sending = new Upload(file, {
      endpoint: `${apiBase}/uploads`,
      metadata: {
        filename: file.name,
        filetype: file.type || 'application/octet-stream',
        purpose: 'chat_file',
      },
      chunkSize: CHUNK,
      retryDelays: [500, 1_500, 4_000, 10_000],
      storeFingerprintForResuming: false,
      // Where that one is gone it begins anew.
      ...(from ? { uploadUrl: from } : {}),
      onUploadUrlAvailable: () => {
        if (sending.url) url(sending.url);
      },
      onBeforeRequest: async (request) => {
        const token = await session.current();
        if (token) request.setHeader('authorization', `Bearer ${token}`);
        request.setHeader('x-ilm-request', '1');
      },
      onAfterResponse: async (_request, response) => {
        if (response.getStatus() === 401) await session.renew().catch(() => undefined);
      },
      onProgress: (sent, size) => progress(size > 0 ? sent / size : 0),
      onSuccess: () => {
        const id = sending.url?.split('/').at(-1);
        if (id) resolve(id);
        else reject(new ApiError({ status: 502, code: 'unavailable' }));
      },
      onError: (error) => {
        const response = 'originalResponse' in error ? error.originalResponse : null;
        const status = response?.getStatus() ?? 0;
        if (!response || status < 400)
          return reject(new ApiError({ status: 0, code: 'network', cause: error }));
        problemOf(new Response(response.getBody() || null, { status })).then(reject, reject);
      },
    });
    stop(() => void sending.abort(true).catch(() => undefined));
    sending.start();
  });
}
