// What the catalogue, the home page and the course page ask of the server.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import type { CatalogueSearch } from './search';

export type CourseCard = Schemas['CourseCard'];
export type CoursePage = Schemas['CoursePage'];
export type Category = Schemas['Category'];

/** A track by target score with its courses, and the topics that are in each (CRS-37). */
export type Track = Schemas['Track'];

const PAGE = 24;

export const categoriesQuery = queryOptions({
  queryKey: ['categories'],
  queryFn: () => body(api.GET('/categories')),
  staleTime: 10 * 60_000,
});

export const catalogueQuery = (search: CatalogueSearch) =>
  infiniteQueryOptions({
    queryKey: ['courses', search],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/courses', {
          params: { query: { ...search, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

/** One row of cards on the home page. */
export const rowQuery = (search: CatalogueSearch) =>
  queryOptions({
    queryKey: ['courses', 'row', search],
    queryFn: () => body(api.GET('/courses', { params: { query: { ...search, limit: 8 } } })),
  });

export const courseQuery = (id: string) =>
  queryOptions({
    queryKey: ['course', id],
    queryFn: () => body(api.GET('/courses/{id}', { params: { path: { id } } })),
  });

export const tracksQuery = queryOptions({
  queryKey: ['courses', 'tracks'],
  queryFn: () => body(api.GET('/catalogue/tracks')),
  staleTime: 5 * 60_000,
});
