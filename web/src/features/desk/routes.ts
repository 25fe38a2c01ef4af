import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { id, words } from '~/app/searchText';
import type { DeskState } from './contract';
import { isKind, type Kind, states } from './rules';

/** `room`: the question that is open; `panel`: on narrow screens, what stands beside it. */
export type DeskSearch = {
  state?: DeskState;
  course?: string;
  task?: string;
  kind?: Kind;
  q?: string;
  room?: string;
  panel?: true;
};

export function deskSearch(raw: Record<string, unknown>): DeskSearch {
  const state = states.find((name) => name === raw.state);
  const [course, task, room, q] = [id(raw.course), id(raw.task), id(raw.room), words(raw.q)];
  return {
    ...(state && state !== 'waiting' ? { state } : {}),
    ...(course ? { course } : {}),
    ...(task ? { task } : {}),
    ...(isKind(raw.kind) ? { kind: raw.kind } : {}),
    ...(q ? { q } : {}),
    ...(room ? { room } : {}),
    ...(room && (raw.panel === true || raw.panel === 'true') ? { panel: true as const } : {}),
  };
}

export const deskRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/desk',
    validateSearch: deskSearch,
    component: lazyPage(() => import('./DeskPage'), 'DeskPage'),
    staticData: { flush: true },
  }),
] as const;
