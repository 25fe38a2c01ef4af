// Moderation, as asked of the server.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { api, body } from '~/api/client';
import { ApiError } from '~/api/error';
import { address, given, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { Case, CaseKind, Decision, Mute, NewWord, RoomAction, Word, WordList } from './contract';

type Page<T> = { items: T[]; next_cursor?: string | null };
const PAGE = 50;

const key = ['moderation'] as const;
const next = <T>(last: Page<T>) => last.next_cursor ?? undefined;

export type CaseFilter = { state: 'open' | 'resolved'; kind?: CaseKind | undefined };

export const casesQuery = (filter: CaseFilter) =>
  infiniteQueryOptions({
    queryKey: [...key, 'cases', filter],
    queryFn: ({ pageParam }) =>
      call<Page<Case>>('GET', address('/moderation/cases', { ...filter, limit: PAGE, cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: next,
    refetchInterval: 60_000,
  });

export async function decide(id: string, decision: Decision): Promise<void> {
  await call('POST', `/moderation/cases/${id}`, json(decision));
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
      call<Page<Word>>('GET', address('/moderation/words', { ...filter, limit: PAGE, cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: next,
  });

const againWords = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: [...key, 'words'] });
  return answer;
};
export const addWord = (word: NewWord) =>
  call<Word>('POST', '/moderation/words', json(word)).then(againWords);
export const dropWord = (id: string) =>
  body(api.DELETE('/moderation/words/{id}', { params: { path: { id } } })).then(againWords);

export const mutesQuery = infiniteQueryOptions({
  queryKey: [...key, 'mutes'],
  queryFn: ({ pageParam }) =>
    call<Page<Mute>>('GET', address('/moderation/mutes', { limit: PAGE, cursor: pageParam })),
  initialPageParam: '',
  getNextPageParam: next,
});

export async function moderateRoom(room: string, action: RoomAction): Promise<void> {
  await call('POST', `/rooms/${room}/moderation`, json(action));
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

/** A room in which a mute can be lifted: its own, any of its course, or the general one for the whole school. */
async function roomOf(mute: Mute): Promise<string> {
  if (mute.room_id) return mute.room_id;
  if (!mute.course_id) return (await call<{ room_id: string }>('GET', '/general')).room_id;
  const course = await body(api.GET('/courses/{id}', { params: { path: { id: mute.course_id } } }));
  const lesson = course.programme.flatMap((module) => module.lessons)[0];
  if (!lesson) throw new ApiError({ status: 404, code: 'not_found' });
  const room = await body(api.GET('/lessons/{id}/room', { params: { path: { id: lesson.id } } }));
  return room.room_id;
}

export async function liftMute(mute: Mute, reason: string): Promise<void> {
  await moderateRoom(await roomOf(mute), {
    action: 'unmute',
    user_id: mute.user_id,
    scope: mute.scope,
    reason,
  });
}
