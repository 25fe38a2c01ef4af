// Threads, and the rooms that a page finds by what they are for.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { NewThread, Place, Thread, ThreadFilter } from './contract';

const PAGE = 20;

const keyOf = (place: Place) =>
  ['threads', place.kind, place.kind === 'question' ? place.lesson : place.course] as const;

export const threadsQuery = (place: Place, { q, state }: ThreadFilter) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(place), { q, state }],
    queryFn: ({ pageParam }) => {
      const query = given({ q, state: state === 'all' ? undefined : state, limit: PAGE, cursor: pageParam });
      return place.kind === 'question'
        ? body(api.GET('/lessons/{id}/questions', { params: { path: { id: place.lesson }, query } }))
        : body(api.GET('/courses/{id}/forum', { params: { path: { id: place.course }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export async function openThread(place: Place, thread: NewThread): Promise<Thread> {
  const made = await (place.kind === 'question'
    ? body(api.POST('/lessons/{id}/questions', { params: { path: { id: place.lesson } }, body: thread }))
    : body(api.POST('/courses/{id}/forum', { params: { path: { id: place.course } }, body: thread })));
  void queryClient.invalidateQueries({ queryKey: keyOf(place) });
  return made;
}

export const refreshThreads = (place: Place): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: keyOf(place) });

/** The rooms of which there is one. */
export const onlyRoomQuery = (kind: 'general' | 'staff') =>
  queryOptions({
    queryKey: ['room-of', kind],
    queryFn: () => body(kind === 'general' ? api.GET('/general') : api.GET('/staff/room')),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The student's room with the author of a course; it is made when it is first wanted. */
export const pairQuery = (course: string) =>
  queryOptions({
    queryKey: ['room-of', 'pair', course],
    queryFn: () => body(api.POST('/courses/{id}/pair', { params: { path: { id: course } }, body: {} })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const roomLineQuery = (room: string) =>
  queryOptions({
    queryKey: ['room-line', room],
    queryFn: () => body(api.GET('/rooms/{id}', { params: { path: { id: room } } })),
  });
