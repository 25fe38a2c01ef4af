// What the chat asks over HTTP: rooms and their settings, files, people, search, reports.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { queryClient } from '~/app/queries';
import type { ChatFile, Page } from '~/live/protocol';
import type { RoomKind } from './kinds';
import type { Person } from './marks';

const json = (body: unknown) => ({ body: JSON.stringify(body), type: 'application/json' });

function address(path: string, query: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '' && value !== false) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export type Notify = 'all' | 'mentions' | 'none';

export type RoomRow = {
  id: string;
  kind: RoomKind;
  /** Empty for rooms that are called by their kind. */
  title: string;
  course: { id: string; title: string } | null;
  lesson_id: string | null;
  task_id: string | null;
  /** Whose room it is: the student of a task, the asker of a question. */
  owner: { id: string; name: string } | null;
  role: string;
  moderates?: boolean;
  can_write: boolean;
  locked: boolean;
  pinned: boolean;
  notify: Notify;
  /** Up to 100, which stands for more than 99. */
  unread: number;
  read_seq: number;
  head: number;
  active_at: string;
  last: { author_name: string; text: string; at: string; own: boolean } | null;
  desk: 'waiting' | 'answered' | 'resolved' | null;
};
type Rooms = { items: RoomRow[]; next_cursor: string | null };

export type RoomFilter = {
  kind?: RoomKind | undefined;
  q?: string | undefined;
  unread?: boolean | undefined;
};

export const roomsKey = ['rooms'] as const;

export const roomsQuery = (filter: RoomFilter) =>
  infiniteQueryOptions({
    queryKey: [...roomsKey, 'list', filter],
    queryFn: ({ pageParam }) =>
      call<Rooms>('GET', address('/rooms', { ...filter, limit: 50, cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export const roomQuery = (id: string) =>
  queryOptions({ queryKey: [...roomsKey, 'one', id], queryFn: () => call<RoomRow>('GET', `/rooms/${id}`) });

export async function changeRoom(
  id: string,
  change: { pinned?: boolean; notify?: Notify },
): Promise<RoomRow> {
  const row = await call<RoomRow>('PATCH', `/rooms/${id}`, json(change));
  queryClient.setQueryData(roomQuery(id).queryKey, row);
  void queryClient.invalidateQueries({ queryKey: [...roomsKey, 'list'] });
  return row;
}

export type FileLink = { url: string; thumb_url?: string | null };

/** Links live for a quarter of an hour. */
const LINK_LIFE = 12 * 60_000;

export const fileLinkQuery = (id: string) =>
  queryOptions({
    queryKey: ['chat-file', id],
    queryFn: () => call<FileLink>('GET', `/chat-files/${id}/link`),
    staleTime: LINK_LIFE,
    refetchInterval: LINK_LIFE,
  });

export const fileLink = (id: string): Promise<FileLink> => queryClient.fetchQuery(fileLinkQuery(id));

export const peopleQuery = (room: string, q: string) =>
  queryOptions({
    queryKey: ['room-people', room, q],
    queryFn: () => call<{ items: Person[] }>('GET', address(`/rooms/${room}/people`, { q, limit: 8 })),
    staleTime: 60_000,
  });

export const searchQuery = (room: string, q: string) =>
  infiniteQueryOptions({
    queryKey: ['room-search', room, q],
    queryFn: ({ pageParam }) =>
      call<Page & { next_cursor?: string | null }>(
        'GET',
        address(`/rooms/${room}/search`, { q, limit: 20, cursor: pageParam }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export const reportKinds = ['spam', 'insult', 'cheating', 'danger', 'other'] as const;
export type ReportKind = (typeof reportKinds)[number];

export const report = (room: string, msg: string, kind: ReportKind, text: string): Promise<unknown> =>
  call('POST', `/rooms/${room}/messages/${msg}/reports`, json({ kind, ...(text ? { text } : {}) }));

const blocksKey = ['me', 'blocks'] as const;

export const blocksQuery = queryOptions({
  queryKey: blocksKey,
  queryFn: () => call<{ items: { user_id: string; name: string }[] }>('GET', '/me/blocks'),
  staleTime: 5 * 60_000,
});

export async function block(user: string, on: boolean): Promise<void> {
  await call(on ? 'PUT' : 'DELETE', `/me/blocks/${user}`);
  await queryClient.invalidateQueries({ queryKey: blocksKey });
}

/** Makes a file of the chat from an upload that is complete. */
export const keepFile = (room: string, upload: string): Promise<ChatFile> =>
  call<ChatFile>('POST', `/rooms/${room}/files`, json({ upload_id: upload }));
