import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';

export const learningRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/my/learning',
    component: lazyPage(() => import('./MyLearningPage'), 'MyLearningPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId',
    component: lazyPage(() => import('./ResumePage'), 'ResumePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/$lessonId',
    component: lazyPage(() => import('./LessonPage'), 'LessonPage'),
    staticData: { frame: 'bare' },
  }),
] as const;
