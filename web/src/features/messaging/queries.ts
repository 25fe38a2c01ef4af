// What the chat asks over HTTP: rooms and their settings, files, people, search, reports.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { ChatFile } from '~/live/protocol';
import type { RoomKind } from './kinds';

export type RoomRow = Schemas['RoomLine'];
export type Notify = RoomRow['notify'];

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
      body(
        api.GET('/rooms', {
          params: { query: given({ ...filter, limit: 50, cursor: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export const roomQuery = (id: string) =>
  queryOptions({
    queryKey: [...roomsKey, 'one', id],
    queryFn: () => body(api.GET('/rooms/{id}', { params: { path: { id } } })),
  });

export async function changeRoom(
  id: string,
  change: { pinned?: boolean; notify?: Notify },
): Promise<RoomRow> {
  const row = await body(api.PATCH('/rooms/{id}', { params: { path: { id } }, body: change }));
  queryClient.setQueryData(roomQuery(id).queryKey, row);
  void queryClient.invalidateQueries({ queryKey: [...roomsKey, 'list'] });
  return row;
}

/** Links live for a quarter of an hour. */
const LINK_LIFE = 12 * 60_000;

export const fileLinkQuery = (id: string) =>
  queryOptions({
    queryKey: ['chat-file', id],
    queryFn: () => body(api.GET('/chat-files/{id}/link', { params: { path: { id } } })),
    staleTime: LINK_LIFE,
    refetchInterval: LINK_LIFE,
  });

export const fileLink = (id: string) => queryClient.fetchQuery(fileLinkQuery(id));

export const peopleQuery = (room: string, q: string) =>
  queryOptions({
    queryKey: ['room-people', room, q],
    queryFn: () =>
      body(
        api.GET('/rooms/{id}/people', {
          params: { path: { id: room }, query: given({ q, limit: 8 }) },
        }),
      ),
    staleTime: 60_000,
  });

export const searchQuery = (room: string, q: string) =>
  infiniteQueryOptions({
    queryKey: ['room-search', room, q],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/rooms/{id}/search', {
          params: { path: { id: room }, query: { q, limit: 20, ...given({ cursor: pageParam }) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

export type ReportKind = Schemas['ReportKind'];
export const reportKinds = [
  'spam',
  'insult',
  'cheating',
  'danger',
  'other',
] as const satisfies readonly ReportKind[];

export const report = (room: string, msg: string, kind: ReportKind, text: string): Promise<unknown> =>
  body(
    api.POST('/rooms/{id}/messages/{msg}/reports', {
      params: { path: { id: room, msg } },
      body: { kind, ...given({ text }) },
    }),
  );

const blocksKey = ['me', 'blocks'] as const;

export const blocksQuery = queryOptions({
  queryKey: blocksKey,
  queryFn: () => body(api.GET('/me/blocks')),
  staleTime: 5 * 60_000,
});

export async function block(user: string, on: boolean): Promise<void> {
  const who = { params: { path: { user } } };
  await body(on ? api.PUT('/me/blocks/{user}', who) : api.DELETE('/me/blocks/{user}', who));
  await queryClient.invalidateQueries({ queryKey: blocksKey });
}

/** Makes a file of the chat from an upload that is complete. */
export const keepFile = (room: string, upload: string): Promise<ChatFile> =>
  body(api.POST('/rooms/{id}/files', { params: { path: { id: room } }, body: { upload_id: upload } }));
