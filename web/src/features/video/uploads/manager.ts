// The uploads of this page. Lives outside React, so that going to another page stops nothing; what the browser forgets
// when it is closed (the file itself) is asked for again. Speaks tus 1.0.0; the library is loaded when it is needed.

import { useSyncExternalStore } from 'react';
import { api, apiBase, body, session } from '~/api/client';
import { ApiError, isApiError, problemOf, retryAfter } from '~/api/error';
import { uploadsOpened } from '~/app/uploadsOpen';
import {
  isSingle,
  meanSpeed,
  needsPage,
  nextUp,
  overall,
  passes,
  pauseOf,
  purposeOf,
  restored,
  sameFile,
  sameTarget,
  type Target,
  toKeep,
  type UploadItem,
} from './list';

/** Bytes a request: what has arrived is sure after each. */
const CHUNK = 32 * 1024 * 1024;
const RETRIES = [500, 1_500, 4_000];
/** How long a lost link is left alone before it is tried again, in milliseconds. */
const AGAIN = 15_000;

type Running = { abort: (terminate?: boolean) => Promise<void> };

let items: readonly UploadItem[] = [];
let owner: string | undefined;
const files = new Map<string, File>();
const running = new Map<string, Running>();
const hearers = new Set<() => void>();
/** Told when the server has something new to show of a course. */
const ears = new Set<(courseId: string) => void>();

const storageKey = (user: string) => `ilm.uploads.${user}`;

function set(next: readonly UploadItem[]) {
  items = next;
  if (owner) {
    try {
      localStorage.setItem(storageKey(owner), JSON.stringify(toKeep(items)));
    } catch {
      // Without storage an upload does not outlive the page; the server asks for the file again all the same.
    }
  }
  for (const hear of hearers) hear();
}

const change = (key: string, next: Partial<UploadItem>) =>
  set(items.map((item) => (item.key === key ? { ...item, ...next } : item)));
const find = (key: string) => items.find((item) => item.key === key);
const tell = (target: Target) => {
  for (const hear of ears) hear(target.courseId);
};

/** Binds the uploads to who is signed in, and finds what an earlier visit left. */
export async function openUploads(user: string): Promise<void> {
  if (owner === user) return;
  closeUploads();
  owner = user;
  uploadsOpened();
  let kept: Partial<UploadItem>[] = [];
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey(user)) ?? '[]');
    if (Array.isArray(found)) kept = found;
  } catch {
    // What cannot be read is not there.
  }
  if (kept.length === 0) return;
  const server = await body(api.GET('/uploads')).catch(() => undefined);
  if (!server || owner !== user) return;
  const known = new Set(items.map((item) => item.uploadId));
  set([...restored(kept, server.items).filter((item) => !known.has(item.uploadId)), ...items]);
}

/** Somebody else, or nobody, is signed in now. */
export function closeUploads(): void {
  for (const [, upload] of running) void upload.abort().catch(() => undefined);
  running.clear();
  files.clear();
  owner = undefined;
  items = [];
  for (const hear of hearers) hear();
}

session.listen((event) => {
  if (event.kind === 'signed-out') closeUploads();
});

export function addUpload(file: File, target: Target): void {
  // A new file for the same place takes the place of the old one. Files beside a lesson are many.
  if (isSingle(target)) {
    for (const old of items.filter((item) => sameTarget(item.target, target))) void cancelUpload(old.key);
  }
  const key = crypto.randomUUID();
  files.set(key, file);
  set([
    ...items,
    {
      key,
      target,
      name: file.name,
      size: file.size,
      modified: file.lastModified,
      state: 'waiting',
      sent: 0,
      speed: 0,
    },
  ]);
  pump();
}

/** Goes on with an upload that the server has begun, in this browser or another. False when it is another file. */
export function resumeUpload(
  known: {
    uploadId: string;
    name: string;
    size: number;
    sent: number;
    attached?: boolean | undefined;
    target: Target;
  },
  file: File,
): boolean {
  if (!sameFile(known, file)) return false;
  const old = items.find((item) => item.uploadId === known.uploadId);
  const key = old?.key ?? crypto.randomUUID();
  files.set(key, file);
  const attached = known.attached === true;
  const item: UploadItem = {
    ...known,
    attached,
    key,
    modified: file.lastModified,
    state: 'waiting',
    speed: 0,
  };
  set([...items.filter((other) => other.key !== key), item]);
  pump();
  return true;
}

export function pauseUpload(key: string): void {
  const upload = running.get(key);
  running.delete(key);
  void upload?.abort().catch(() => undefined);
  change(key, { state: 'paused', speed: 0 });
  pump();
}

export function continueUpload(key: string): void {
  if (!files.has(key)) {
    change(key, { state: 'file' });
    return;
  }
  const { error: _old, ...item } = find(key) ?? {};
  set(items.map((other) => (other.key === key ? ({ ...item, state: 'waiting' } as UploadItem) : other)));
  pump();
}

/** Ends it for good: what has arrived is deleted on the server. */
export async function cancelUpload(key: string): Promise<void> {
  const item = find(key);
  running
    .get(key)
    ?.abort()
    .catch(() => undefined);
  running.delete(key);
  files.delete(key);
  set(items.filter((other) => other.key !== key));
  pump();
  if (!item?.uploadId || item.state === 'done') return;
  const token = await session.current().catch(() => undefined);
  await fetch(`${apiBase}/uploads/${item.uploadId}`, {
    method: 'DELETE',
    headers: { 'tus-resumable': '1.0.0', 'x-ilm-request': '1', authorization: `Bearer ${token ?? ''}` },
  }).catch(() => undefined);
  tell(item.target);
}

/** Takes uploads off the list that have become part of something: their bytes stay where they are. */
export function forgetUploads(keys: readonly string[]): void {
  set(items.filter((item) => !keys.includes(item.key) || item.state !== 'done'));
}

function pump() {
  for (const item of nextUp(items)) void run(item.key);
}

async function run(key: string): Promise<void> {
  const item = find(key);
  const file = files.get(key);
  if (!item || !file) return;
  change(key, { state: 'uploading', speed: 0 });
  const { Upload } = await import('tus-js-client');
  if (find(key)?.state !== 'uploading') return;
  let at = performance.now();
  let sent = item.sent;
  const upload = new Upload(file, {
    endpoint: `${apiBase}/uploads`,
    uploadUrl: item.uploadId ? `${apiBase}/uploads/${item.uploadId}` : null,
    metadata: {
      filename: file.name,
      filetype: file.type || 'application/octet-stream',
      purpose: purposeOf(item.target),
    },
    chunkSize: CHUNK,
    retryDelays: RETRIES,
    // Which upload goes where is kept here, not in the library.
    storeFingerprintForResuming: false,
    onBeforeRequest: async (request) => {
      const token = await session.current();
      if (token) request.setHeader('authorization', `Bearer ${token}`);
      request.setHeader('x-ilm-request', '1');
    },
    onAfterResponse: async (_request, response) => {
      if (response.getStatus() === 401) await session.renew().catch(() => undefined);
    },
    onShouldRetry: (error) => {
      const response = error.originalResponse;
      const status = response?.getStatus() ?? 0;
      if (status === 0) return navigator.onLine;
      // A server that asks for longer than the attempts below take is left alone until then: the upload waits for it.
      if ((retryAfter(response?.getHeader('Retry-After') ?? null) ?? 0) > 5) return false;
      return status === 401 || passes(status);
    },
    onProgress: (bytes) => {
      const now = performance.now();
      if (now - at < 250) return;
      const speed = meanSpeed(find(key)?.speed ?? 0, bytes - sent, now - at);
      at = now;
      sent = bytes;
      change(key, { sent: bytes, speed });
    },
    onUploadUrlAvailable: () => {
      const uploadId = upload.url?.split('/').at(-1);
      if (!uploadId || find(key)?.uploadId === uploadId) return;
      // One that the server has forgotten begins again under another id.
      change(key, { uploadId, attached: false });
      // The lesson knows its video from the first byte on: nothing is lost when this page closes.
      if (isSingle(item.target)) void attach(key);
    },
    onSuccess: () => {
      running.delete(key);
      change(key, { sent: file.size, speed: 0 });
      void finish(key);
    },
    onError: (error) => {
      running.delete(key);
      void trouble(key, error);
    },
  });
  running.set(key, { abort: () => upload.abort() });
  upload.start();
}

/** Gives the upload its place. `last`: there is no later occasion. */
async function attach(key: string, last = false): Promise<boolean> {
  const item = find(key);
  if (!item?.uploadId) return false;
  const { target, uploadId } = item;
  const answer = { upload_id: uploadId };
  if (target.kind === 'answer') {
    change(key, { attached: true });
    return true;
  }
  try {
    if (target.kind === 'trailer') {
      await api.PUT('/studio/courses/{id}/trailer', {
        params: { path: { id: target.courseId } },
        body: answer,
      });
    } else if (target.kind === 'lesson') {
      await api.PUT('/studio/lessons/{id}/video', {
        params: { path: { id: target.lessonId } },
        body: answer,
      });
    } else {
      await api.POST('/studio/lessons/{id}/files', {
        params: { path: { id: target.lessonId } },
        body: answer,
      });
    }
    change(key, { attached: true });
    tell(target);
    return true;
  } catch (error) {
    const soon = isApiError(error) && (error.status === 0 || error.status >= 500 || error.status === 429);
    // It is tried again when the last byte is there.
    if (soon && !last) return false;
    if (soon) {
      waitFor(key, error);
      return false;
    }
    const upload = running.get(key);
    running.delete(key);
    void upload?.abort().catch(() => undefined);
    change(key, { state: 'failed', error, speed: 0 });
    pump();
    return false;
  }
}

async function finish(key: string) {
  const item = find(key);
  if (!item) return;
  if (!item.attached && !(await attach(key, true))) return;
  files.delete(key);
  change(key, { state: 'done' });
  tell(item.target);
  pump();
}

async function trouble(key: string, cause: unknown) {
  const item = find(key);
  if (item?.state !== 'uploading') return;
  const error = await refusalOf(cause);
  if (find(key)?.state !== 'uploading') return;
  if (!error || passes(error.status)) return waitFor(key, error);
  // The file stays in hand: what has arrived is not sent again when another attempt can help.
  change(key, { state: 'failed', error, speed: 0 });
  tell(item.target);
  pump();
}

/** What the server has said; nothing when it has not answered. */
async function refusalOf(cause: unknown): Promise<ApiError | undefined> {
  const { originalResponse: response } = cause as {
    originalResponse?: {
      getStatus: () => number;
      getBody: () => string;
      getHeader: (name: string) => string | undefined;
    };
  };
  const status = response?.getStatus() ?? 0;
  if (!response || status === 0) return undefined;
  // A success that the library could make nothing of has no problem to read.
  if (status < 400) return new ApiError({ status: 502, code: 'unavailable' });
  const asked = response.getHeader('Retry-After');
  return problemOf(
    new Response(response.getBody() || null, { status, headers: asked ? { 'Retry-After': asked } : {} }),
  ).catch(() => new ApiError({ status, code: 'unknown' }));
}

/** Leaves it until the link or the server is back; `error` tells why when the server has spoken. */
function waitFor(key: string, error: ApiError | undefined) {
  const spoken = error && error.status !== 0 ? error : undefined;
  change(key, { state: 'offline', speed: 0, error: spoken });
  setTimeout(() => wake(key), pauseOf(spoken?.retryAfterSeconds, AGAIN));
  pump();
}

function wake(key: string) {
  if (find(key)?.state === 'offline') continueUpload(key);
}

addEventListener('online', () => {
  for (const item of items) wake(item.key);
});
addEventListener('beforeunload', (event) => {
  // They go on later, but only with the file in hand again: worth a question.
  if (items.some(needsPage)) event.preventDefault();
});

export const useUploads = (): readonly UploadItem[] =>
  useSyncExternalStore(
    (hear) => {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    () => items,
  );

export const useOverall = () => overall(useUploads());

/** Hears that the server has something new to show of a course. */
export function onUploadChange(hear: (courseId: string) => void): () => void {
  ears.add(hear);
  return () => ears.delete(hear);
}
