import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { words } from '~/app/searchText';

export const builderTabs = ['programme', 'description', 'price'] as const;
export type BuilderTab = (typeof builderTabs)[number];

/** `lesson` and `module`: what is open in the editor. `field`: where "what is missing" has jumped to. */
type BuilderSearch = { tab?: BuilderTab; lesson?: string; module?: string; field?: string };

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined;

function builderSearch(raw: Record<string, unknown>): BuilderSearch {
  const tab = builderTabs.find((name) => name === raw.tab);
  const [lesson, module, field] = [text(raw.lesson), text(raw.module), text(raw.field)];
  return {
    ...(tab ? { tab } : {}),
    ...(lesson ? { lesson } : {}),
    ...(module ? { module } : {}),
    ...(field ? { field } : {}),
  };
}

/** Which of a course's students; all of them without one. */
export const studentStates = ['asking', 'learning', 'not_started', 'completed', 'ended'] as const;
export type StudentsState = (typeof studentStates)[number];
export type StudentsSearch = { q?: string; state?: StudentsState };

export function studentsSearch(raw: Record<string, unknown>): StudentsSearch {
  const q = words(raw.q);
  const state = studentStates.find((name) => name === raw.state);
  return { ...(q ? { q } : {}), ...(state ? { state } : {}) };
}

export const studioRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/studio',
    component: lazyPage(() => import('./StudioPage'), 'StudioPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/studio/courses/$courseId',
    validateSearch: builderSearch,
    component: lazyPage(() => import('./BuilderPage'), 'BuilderPage'),
    staticData: { flush: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/studio/courses/$courseId/students',
    validateSearch: studentsSearch,
    component: lazyPage(() => import('./StudentsPage'), 'StudentsPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/studio/tasks/$taskId',
    component: lazyPage(() => import('./tasks/TaskEditorPage'), 'TaskEditorPage'),
    staticData: { flush: true },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/studio/courses/$courseId/viewings/$lessonId',
    component: lazyPage(() => import('./ViewingsPage'), 'ViewingsPage'),
  }),
] as const;
