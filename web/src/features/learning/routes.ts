import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';

/** `at`: where the video is to begin, seconds; a note or a question leads there. */
function lessonSearch(raw: Record<string, unknown>): { at?: number } {
  const at = Number(raw.at);
  return raw.at !== undefined && Number.isFinite(at) && at >= 0 ? { at: Math.floor(at) } : {};
}

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
    path: '/learn/$courseId/notes',
    component: lazyPage(() => import('./CourseNotesPage'), 'CourseNotesPage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/learn/$courseId/$lessonId',
    validateSearch: lessonSearch,
    component: lazyPage(() => import('./LessonPage'), 'LessonPage'),
    staticData: { frame: 'bare' },
  }),
] as const;
