import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '~/app/root';
import { parseCatalogueSearch } from './search';

export const courseRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./HomePage'), 'HomePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/catalogue',
    validateSearch: parseCatalogueSearch,
    component: lazyRouteComponent(() => import('./CataloguePage'), 'CataloguePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/courses/$courseId',
    component: lazyRouteComponent(() => import('./CoursePage'), 'CoursePage'),
    staticData: { ownBar: true },
  }),
] as const;
