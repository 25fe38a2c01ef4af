// Announcements, as asked of the server.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { api, body } from '~/api/client';
import { given, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { Announcement, NewAnnouncement } from './contract';

const key = ['announcements'] as const;

export const announcementsQuery = infiniteQueryOptions({
  queryKey: key,
  queryFn: ({ pageParam }) =>
    body(api.GET('/announcements', { params: { query: given({ limit: 20, cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const refreshAnnouncements = (): Promise<void> => queryClient.invalidateQueries({ queryKey: key });

export async function announce(what: NewAnnouncement): Promise<Announcement> {
  const made = await body(api.POST('/announcements', { body: what }));
  await refreshAnnouncements();
  return made;
}

/** Tells the server how far each room was read. */
export const markRead = (marks: ReadonlyMap<string, number>): Promise<unknown> =>
  Promise.all(
    [...marks].map(([room, seq]) =>
      call('POST', `/rooms/${room}/marks`, json({ read: seq, delivered: seq })),
    ),
  );
