import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';

/** `course`: whose answers are graded. */
const gradingSearch = (raw: Record<string, unknown>): { course?: string } =>
  typeof raw.course === 'string' && /^[\w-]{1,64}$/.test(raw.course) ? { course: raw.course } : {};

export const taskRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/topics/$topicId',
    component: lazyPage(() => import('./TopicPage'), 'TopicPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/tasks/$taskId',
    component: lazyPage(() => import('./TaskPage'), 'TaskPage'),
    staticData: { frame: 'bare' },
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/grading',
    validateSearch: gradingSearch,
    component: lazyPage(() => import('./GradingPage'), 'GradingPage'),
    staticData: { flush: true },
  }),
] as const;
