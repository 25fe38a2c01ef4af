import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { type Filter, filters } from './filters';

/** `video`: the one whose attempts are open. */
type TranscodesSearch = { show?: Filter; video?: string };

function transcodesSearch(raw: Record<string, unknown>): TranscodesSearch {
  const show = filters.find((name) => name === raw.show);
  const video = typeof raw.video === 'string' && /^[\w-]{1,64}$/.test(raw.video) ? raw.video : undefined;
  return { ...(show ? { show } : {}), ...(video ? { video } : {}) };
}

export const adminRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/admin/transcodes',
    validateSearch: transcodesSearch,
    component: lazyPage(() => import('./TranscodesPage'), 'TranscodesPage'),
  }),
] as const;
