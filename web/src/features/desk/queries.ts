// What the desk asks of the server. What a frame of the socket makes stale is asked again from here.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { address, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { DeskFilter, DeskPage, DeskQuestion, DeskTemplate } from './contract';

const PAGE = 50;
/** The queue is asked again this often even when no frame comes, in milliseconds. */
const REST = 60_000;

export const deskKey = ['desk'] as const;

export const deskQuery = (filter: DeskFilter) =>
  infiniteQueryOptions({
    queryKey: [...deskKey, 'list', filter],
    queryFn: ({ pageParam }) =>
      call<DeskPage>('GET', address('/desk', { ...filter, limit: PAGE, cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: REST,
  });

export const questionQuery = (room: string) =>
  queryOptions({
    queryKey: [...deskKey, 'question', room],
    queryFn: () => call<DeskQuestion>('GET', `/desk/${room}`),
  });

export const refreshDesk = (): Promise<void> => queryClient.invalidateQueries({ queryKey: deskKey });

export const claim = (room: string) => call('POST', `/desk/${room}/claim`);
export const renew = (room: string) => call('POST', `/desk/${room}/renew`);
export const release = (room: string) => call('POST', `/desk/${room}/release`, { keepalive: true });
export const resolve = (room: string) => call('POST', `/desk/${room}/resolve`);
export const pass = (room: string, to: string) => call('POST', `/desk/${room}/pass`, json({ to }));

export const keepNote = (course: string | null, student: string, text: string) =>
  call('PUT', '/desk/notes', json({ course_id: course, student_id: student, text }));

const templatesKey = ['desk-templates'] as const;

export const templatesQuery = queryOptions({
  queryKey: templatesKey,
  queryFn: () => call<{ items: DeskTemplate[] }>('GET', '/desk/templates'),
  staleTime: 5 * 60_000,
});

export type TemplateDraft = Pick<DeskTemplate, 'title' | 'body' | 'shared'>;

const again = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: templatesKey });
  return answer;
};
export const addTemplate = (draft: TemplateDraft) => call('POST', '/desk/templates', json(draft)).then(again);
export const changeTemplate = (id: string, draft: TemplateDraft) =>
  call('PATCH', `/desk/templates/${id}`, json(draft)).then(again);
export const dropTemplate = (id: string) => call('DELETE', `/desk/templates/${id}`).then(again);

/** Who may take this question, those who are there first. */
export const colleaguesQuery = (room: string) =>
  queryOptions({
    queryKey: ['desk-colleagues', room],
    queryFn: () =>
      call<{ items: { id: string; name: string; on_duty: boolean }[] }>('GET', `/desk/${room}/colleagues`),
    staleTime: 30_000,
  });
