// The work on all videos, as admins see it.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { send } from '~/api/call';
import type { Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import { type Deed, type Filter, statesOf } from './filters';

export type Transcode = {
  video_id: string;
  file_name: string;
  size: number;
  author: { id: string; name: string };
  state: Schemas['VideoState'];
  age_s: number;
  waiting_s: number | null;
  attempts: number;
  worker: string | null;
  lease_until: string | null;
  percent: number;
  speed: number | null;
  duration_s: number | null;
  error: Schemas['VideoError'] | null;
  queue_position: number | null;
  priority: 'normal' | 'first';
};

export type Run = {
  attempt: number;
  started_at: string;
  ended_at: string | null;
  outcome: 'ready' | 'failed' | 'lost' | 'cancelled' | 'released' | null;
  error: { code: string; detail: string } | null;
  worker: string;
  cpu_s: number | null;
  peak_mib: number | null;
  log: string;
};

export type TranscodeDetail = Transcode & { runs: Run[]; probe: unknown };

const KEY = ['admin', 'transcodes'] as const;
/** Work moves on: the list is asked for again after this long, in milliseconds. */
const AGAIN = 5_000;

export const transcodesQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: [...KEY, 'list', filter],
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams();
      const states = statesOf(filter);
      if (states) query.set('state', states);
      if (pageParam) query.set('cursor', pageParam);
      const text = query.toString();
      return send<{ items: Transcode[]; next_cursor: string | null }>(
        'GET',
        `/admin/transcodes${text ? `?${text}` : ''}`,
      );
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: AGAIN,
  });

export const transcodeQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, 'one', id],
    queryFn: () => send<TranscodeDetail>('GET', `/admin/transcodes/${id}`),
    refetchInterval: AGAIN,
  });

export async function steer(id: string, deed: Deed): Promise<void> {
  await send<Transcode>('POST', `/admin/transcodes/${id}/${deed}`);
  await queryClient.invalidateQueries({ queryKey: KEY });
}
