import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { words } from '~/app/searchText';
import { groupOf, type RoomGroup } from './groups';

/** `group`: which kinds of rooms; `unread`: only those with news. */
export type MessagesSearch = { q?: string; group?: RoomGroup; unread?: true };

export function messagesSearch(raw: Record<string, unknown>): MessagesSearch {
  const q = words(raw.q);
  const group = groupOf(raw.group);
  return {
    ...(q ? { q } : {}),
    ...(group ? { group } : {}),
    ...(raw.unread === true || raw.unread === 'true' ? { unread: true as const } : {}),
  };
}

/** `at`: the number of a message that a link leads to. */
export function roomSearch(raw: Record<string, unknown>): MessagesSearch & { at?: number } {
  const at = Number(raw.at);
  return { ...messagesSearch(raw), ...(Number.isSafeInteger(at) && at > 0 ? { at } : {}) };
}

export const messagingRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/messages',
    validateSearch: messagesSearch,
    component: lazyPage(() => import('./MessagesPage'), 'MessagesPage'),
    staticData: { flush: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/messages/$roomId',
    validateSearch: roomSearch,
    component: lazyPage(() => import('./MessagesPage'), 'MessagesRoomPage'),
    staticData: { flush: true, ownBar: true },
  }),
] as const;
