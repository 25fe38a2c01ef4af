import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';

export const announcementRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/announcements',
    component: lazyPage(() => import('./AnnouncementsPage'), 'AnnouncementsPage'),
  }),
] as const;
