// Moderation, as asked of the server.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { address, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { ChatMessage } from '~/live/protocol';
import type {
  AuditRow,
  Case,
  CaseKind,
  Decision,
  Mute,
  RoomAction,
  Verdict,
  Word,
  WordList,
} from './contract';

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
      call<{ items: ChatMessage[] }>(
        'GET',
        address(`/rooms/${room}/messages`, { before: seq + 4, limit: 8 }),
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
export type NewWord = { language: WordList; word: string; verdict: Verdict };
export const addWord = (word: NewWord) =>
  call<Word>('POST', '/moderation/words', json(word)).then(againWords);
export const dropWord = (id: string) => call('DELETE', `/moderation/words/${id}`).then(againWords);

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
      call<Page<AuditRow>>('GET', address('/admin/audit', { ...filter, limit: PAGE, cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: next,
  });

/** Lifts a mute where it holds; the general room stands for the whole school. */
export async function liftMute(mute: Mute, reason: string): Promise<void> {
  const room = mute.room?.id ?? (await call<{ room_id: string }>('GET', '/general')).room_id;
  await moderateRoom(room, { action: 'unmute', user_id: mute.user.id, scope: mute.scope, reason });
}
