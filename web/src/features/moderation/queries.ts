// Moderation, as asked of the server.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { Ban, CaseKind, Decision, Mute, NewWord, RoomAction, WordList } from './contract';

const PAGE = 50;

const key = ['moderation'] as const;
const next = (last: { next_cursor?: string | null }) => last.next_cursor ?? undefined;
const at = (id: string) => ({ params: { path: { id } } });

export type CaseFilter = { state: 'open' | 'resolved'; kind?: CaseKind | undefined };

export const casesQuery = (filter: CaseFilter) =>
  infiniteQueryOptions({
    queryKey: [...key, 'cases', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/moderation/cases', {
          params: { query: given({ ...filter, limit: PAGE, cursor: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
    refetchInterval: 60_000,
  });

export async function decide(id: string, decision: Decision): Promise<void> {
  await body(api.POST('/moderation/cases/{id}', { ...at(id), body: decision }));
  void queryClient.invalidateQueries({ queryKey: key });
}

/** What was said around a message. */
export const aroundQuery = (room: string, seq: number) =>
  queryOptions({
    queryKey: [...key, 'around', room, seq],
    queryFn: () =>
      body(
        api.GET('/rooms/{id}/messages', {
          params: { path: { id: room }, query: { before: seq + 4, limit: 8 } },
        }),
      ),
  });

export const wordsQuery = (filter: { language?: WordList | undefined; q?: string | undefined }) =>
  infiniteQueryOptions({
    queryKey: [...key, 'words', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/moderation/words', {
          params: { query: given({ ...filter, limit: PAGE, cursor: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
  });

const againWords = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: [...key, 'words'] });
  return answer;
};
export const addWord = (word: NewWord) =>
  body(api.POST('/moderation/words', { body: word })).then(againWords);
export const dropWord = (id: string) => body(api.DELETE('/moderation/words/{id}', at(id))).then(againWords);

export const mutesQuery = infiniteQueryOptions({
  queryKey: [...key, 'mutes'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/moderation/mutes', { params: { query: given({ limit: PAGE, cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: next,
});

export const bansQuery = infiniteQueryOptions({
  queryKey: [...key, 'bans'],
  queryFn: ({ pageParam }) =>
    body(api.GET('/moderation/bans', { params: { query: given({ limit: PAGE, cursor: pageParam }) } })),
  initialPageParam: '',
  getNextPageParam: next,
});

export async function moderateRoom(room: string, action: RoomAction): Promise<void> {
  await body(api.POST('/rooms/{id}/moderation', { ...at(room), body: action }));
  void queryClient.invalidateQueries({ queryKey: key });
}

export type AuditFilter = {
  actor?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
};

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/admin/audit', {
          params: { query: { ...given(filter), limit: PAGE, ...given({ cursor: pageParam }) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: next,
  });

export async function liftMute(mute: Mute, reason: string): Promise<void> {
  const { user_id, room_id, course_id } = mute;
  const query = given({ room_id: room_id ?? '', course_id: course_id ?? '', reason });
  await body(api.DELETE('/moderation/mutes/{id}', { params: { path: { id: user_id }, query } }));
  void queryClient.invalidateQueries({ queryKey: key });
}

export async function liftBan({ user_id, room }: Ban, reason: string): Promise<void> {
  const query = { room_id: room.id, reason };
  await body(api.DELETE('/moderation/bans/{id}', { params: { path: { id: user_id }, query } }));
  void queryClient.invalidateQueries({ queryKey: key });
}
