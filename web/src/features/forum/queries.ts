// Threads, and the rooms that a page finds by what they are for.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { address, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { NewThread, Place, Thread, ThreadFilter } from './contract';

const PAGE = 20;

const pathOf = (place: Place): string =>
  place.kind === 'question' ? `/lessons/${place.lesson}/questions` : `/courses/${place.course}/forum`;

const keyOf = (place: Place) => ['threads', pathOf(place)] as const;

export const threadsQuery = (place: Place, { q, state }: ThreadFilter) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(place), { q, state }],
    queryFn: ({ pageParam }) =>
      call<{ items: Thread[]; next_cursor?: string | null }>(
        'GET',
        address(pathOf(place), {
          q,
          state: state === 'all' ? undefined : state,
          limit: PAGE,
          cursor: pageParam,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export async function openThread(place: Place, thread: NewThread): Promise<Thread> {
  const made = await call<Thread>('POST', pathOf(place), json(thread));
  void queryClient.invalidateQueries({ queryKey: keyOf(place) });
  return made;
}

export const refreshThreads = (place: Place): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: keyOf(place) });

type RoomRef = { room_id: string };

/** The rooms of which there is one. */
export const onlyRoomQuery = (kind: 'general' | 'staff') =>
  queryOptions({
    queryKey: ['room-of', kind],
    queryFn: () => call<RoomRef>('GET', kind === 'general' ? '/general' : '/staff/room'),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The student's room with the author of a course; it is made when it is first wanted. */
export const pairQuery = (course: string) =>
  queryOptions({
    queryKey: ['room-of', 'pair', course],
    queryFn: () => call<RoomRef>('POST', `/courses/${course}/pair`, json({})),
    staleTime: Number.POSITIVE_INFINITY,
  });

export type RoomLine = {
  id: string;
  kind: string;
  title: string;
  course: { id: string; title: string } | null;
  lesson_id: string | null;
  owner: { id: string; name: string } | null;
  locked: boolean;
};

export const roomLineQuery = (room: string) =>
  queryOptions({ queryKey: ['room-line', room], queryFn: () => call<RoomLine>('GET', `/rooms/${room}`) });
