// The work on all videos, as admins see it.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import { type Deed, type Filter, statesOf } from './filters';

export type Transcode = Schemas['AdminTranscode'];
export type Run = Schemas['TranscodeRun'];
export type TranscodeDetail = Schemas['AdminTranscodeDetail'];

const KEY = ['admin', 'transcodes'] as const;
/** Work moves on: the list is asked for again after this long, in milliseconds. */
const AGAIN = 5_000;

export const transcodesQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: [...KEY, 'list', filter],
    queryFn: ({ pageParam }) => {
      const state = statesOf(filter);
      const query = { ...(state ? { state } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      return body(api.GET('/admin/transcodes', { params: { query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: AGAIN,
  });

export const transcodeQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, 'one', id],
    queryFn: () => body(api.GET('/admin/transcodes/{id}', { params: { path: { id } } })),
    refetchInterval: AGAIN,
  });

export async function steer(id: string, deed: Deed): Promise<void> {
  const path = { params: { path: { id } } };
  if (deed === 'retry') await api.POST('/admin/transcodes/{id}/retry', path);
  else if (deed === 'cancel') await api.POST('/admin/transcodes/{id}/cancel', path);
  else await api.POST('/admin/transcodes/{id}/first', path);
  await queryClient.invalidateQueries({ queryKey: KEY });
}
