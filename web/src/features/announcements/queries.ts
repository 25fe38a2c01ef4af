// Announcements, as asked of the server.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, body } from '~/api/client';
import { given } from '~/api/json';
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

/**
 * Tells the server how far each room was read. It stores that a moment later, so what is here is changed by hand and
 * not asked again.
 */
export async function markRead(marks: ReadonlyMap<string, number>): Promise<void> {
  await Promise.all(
    [...marks].map(([room, seq]) =>
      body(
        api.POST('/rooms/{id}/marks', {
          params: { path: { id: room } },
          body: { read: seq, delivered: seq },
        }),
      ),
    ),
  );
  queryClient.setQueryData(
    announcementsQuery.queryKey,
    (old) =>
      old && {
        ...old,
        pages: old.pages.map((page) => ({
          ...page,
          items: page.items.map((item) =>
            item.seq <= (marks.get(item.room_id) ?? 0) ? { ...item, read: true } : item,
          ),
        })),
      },
  );
}
