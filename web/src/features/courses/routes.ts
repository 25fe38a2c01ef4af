import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '~/app/lazyPage';
import { rootRoute } from '~/app/root';
import { parseCatalogueSearch } from './search';

export const courseRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/',
    component: lazyPage(() => import('./HomePage'), 'HomePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/catalogue',
    validateSearch: parseCatalogueSearch,
    component: lazyPage(() => import('./CataloguePage'), 'CataloguePage'),
  }),
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/courses/$courseId',
    component: lazyPage(() => import('./CoursePage'), 'CoursePage'),
    staticData: { ownBar: true },
  }),
] as const;
