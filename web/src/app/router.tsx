// Every address of the app. A feature adds its routes in features/<name>/routes.ts and its one line here.
import { createRouter } from '@tanstack/react-router';
import { adminRoutes } from '~/features/admin/routes';
import { announcementRoutes } from '~/features/announcements/routes';
import { courseRoutes } from '~/features/courses/routes';
import { deskRoutes } from '~/features/desk/routes';
import { forumRoutes } from '~/features/forum/routes';
import { identityRoutes } from '~/features/identity/routes';
import { learningRoutes } from '~/features/learning/routes';
import { messagingRoutes } from '~/features/messaging/routes';
import { moderationRoutes } from '~/features/moderation/routes';
import { studioRoutes } from '~/features/studio/routes';
import { supportRoutes } from '~/features/support/routes';
import { taskRoutes } from '~/features/tasks/routes';
import { RouteCrashed } from './Crash';
import { NotFound } from './NotFound';
import { rootRoute } from './root';

const routeTree = rootRoute.addChildren([
  ...courseRoutes,
  ...identityRoutes,
  ...learningRoutes,
  ...studioRoutes,
  ...messagingRoutes,
  ...taskRoutes,
  ...adminRoutes,
  ...deskRoutes,
  ...supportRoutes,
  ...forumRoutes,
  ...announcementRoutes,
  ...moderationRoutes,
]);

export const router = createRouter({
  routeTree,
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: RouteCrashed,
  defaultNotFoundComponent: NotFound,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
