import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '~/app/root';

export const learningRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/my/learning',
    component: lazyRouteComponent(() => import('./MyLearningPage'), 'MyLearningPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId',
    component: lazyRouteComponent(() => import('./ResumePage'), 'ResumePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/$lessonId',
    component: lazyRouteComponent(() => import('./LessonPage'), 'LessonPage'),
    staticData: { frame: 'bare' },
  }),
] as const;
