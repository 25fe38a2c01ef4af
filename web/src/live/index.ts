// The socket of this tab, tied to the real browser and to the session.
import { useSyncExternalStore } from 'react';
import { apiBase, authedFetch, session } from '~/api/client';
import { problemOf } from '~/api/error';
import { i18n } from '~/i18n';
import { createFallback } from './fallback';
import { createLive, type LiveState } from './socket';

const later = (work: () => void, milliseconds: number) => {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
};

export const live = createLive({
  open: () => {
    const address = new URL('/api/v1/ws', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, 'ilm.v1');
    return socket as unknown as ReturnType<Parameters<typeof createLive>[0]['open']>;
  },
  token: () => session.current(),
  renew: () => session.renew(),
  locale: () => i18n.language,
  random: () => Math.random(),
  later,
  now: () => Date.now(),
  online: () => navigator.onLine,
});

/** The rooms and the person's own news: by the socket, or over HTTP where none gets through. */
export const rooms = createFallback(live, {
  async call(method, path, { body, signal }) {
    const answer = await authedFetch(`${apiBase}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...(signal ? { signal } : {}),
    });
    if (!answer.ok) throw await problemOf(answer);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  },
  later,
  random: () => Math.random(),
  online: () => navigator.onLine,
});

addEventListener('online', () => live.awake());
addEventListener('offline', () => live.offline());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') live.awake();
});
let who: string | undefined;
session.listen((event) => {
  // A renewed token of the same person is no reason: the socket asks for it when it needs it.
  const now = event.kind === 'signed-in' ? (event.user as { id?: string }).id : undefined;
  if (now === who) return;
  who = now;
  live.restart();
});

export const useLiveState = (): LiveState => useSyncExternalStore(rooms.listen, rooms.state);
