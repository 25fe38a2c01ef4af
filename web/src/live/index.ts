// The socket of this tab, tied to the real browser and to the session.
import { useSyncExternalStore } from 'react';
import { session } from '~/api/client';
import { i18n } from '~/i18n';
import { createLive, type LiveState } from './socket';

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
  later: (work, milliseconds) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
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

export const useLiveState = (): LiveState => useSyncExternalStore(live.listen, live.state);
