import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { safeNext } from './rules';

/** `next`: the page to go back to after sign-in. */
type EntrySearch = { next?: string };
const entrySearch = (raw: Record<string, unknown>): EntrySearch => {
  const next = safeNext(raw.next);
  return next ? { next } : {};
};

const bare = { frame: 'bare' } as const;

export const identityRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/sign-in',
    validateSearch: entrySearch,
    component: lazyPage(() => import('./SignInPage'), 'SignInPage'),
    staticData: bare,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/register',
    validateSearch: entrySearch,
    component: lazyPage(() => import('./RegisterPage'), 'RegisterPage'),
    staticData: bare,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/forgot',
    component: lazyPage(() => import('./ForgotPage'), 'ForgotPage'),
    staticData: bare,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    // The token of the link stands in the fragment (`/reset#token`), so that it reaches no log.
    path: '/reset',
    component: lazyPage(() => import('./ResetPage'), 'ResetPage'),
    staticData: bare,
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/profile',
    component: lazyPage(() => import('./ProfilePage'), 'ProfilePage'),
  }),
] as const;
