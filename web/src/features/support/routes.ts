import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { id, words } from '~/app/searchText';
import { isTopic, type Topic } from './contract';

/** `open`: the question that is unfolded. */
export type HelpSearch = { q?: string; topic?: Topic; open?: string };

export function helpSearch(raw: Record<string, unknown>): HelpSearch {
  const [q, open] = [words(raw.q), id(raw.open)];
  return {
    ...(q ? { q } : {}),
    ...(isTopic(raw.topic) ? { topic: raw.topic } : {}),
    ...(open ? { open } : {}),
  };
}

export const supportRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/help',
    validateSearch: helpSearch,
    component: lazyPage(() => import('./HelpPage'), 'HelpPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/help/chat',
    component: lazyPage(() => import('./SupportPage'), 'SupportPage'),
    staticData: { flush: true, ownBar: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/help/edit',
    component: lazyPage(() => import('./FaqEditPage'), 'FaqEditPage'),
  }),
] as const;
