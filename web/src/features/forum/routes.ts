import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { words } from '~/app/searchText';
import { isThreadState, type ThreadState } from './contract';

export function forumSearch(raw: Record<string, unknown>): { q?: string; state?: ThreadState } {
  const q = words(raw.q);
  return {
    ...(q ? { q } : {}),
    ...(isThreadState(raw.state) && raw.state !== 'all' ? { state: raw.state } : {}),
  };
}

export const forumRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/forum',
    validateSearch: forumSearch,
    component: lazyPage(() => import('./ForumPage'), 'ForumPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/forum/$roomId',
    component: lazyPage(() => import('./ThreadPage'), 'ThreadPage'),
    staticData: { flush: true, ownBar: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/author',
    component: lazyPage(() => import('./PairPage'), 'PairPage'),
    staticData: { flush: true, ownBar: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/chat/general',
    component: lazyPage(() => import('./OnlyRoomPage'), 'GeneralPage'),
    staticData: { flush: true, ownBar: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/chat/staff',
    component: lazyPage(() => import('./OnlyRoomPage'), 'StaffRoomPage'),
    staticData: { flush: true, ownBar: true },
  }),
] as const;
