// Announcements, as asked of the server.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { address, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { Announcement, NewAnnouncement } from './contract';

type Page = { items: Announcement[]; next_cursor?: string | null };

const key = ['announcements'] as const;

export const announcementsQuery = infiniteQueryOptions({
  queryKey: key,
  queryFn: ({ pageParam }) => call<Page>('GET', address('/announcements', { limit: 20, cursor: pageParam })),
  initialPageParam: '',
  getNextPageParam: (last) => last.next_cursor ?? undefined,
});

export const refreshAnnouncements = (): Promise<void> => queryClient.invalidateQueries({ queryKey: key });

export async function announce(what: NewAnnouncement): Promise<Announcement> {
  const made = await call<Announcement>('POST', '/announcements', json(what));
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
