// What the desk asks of the server. What a frame of the socket makes stale is asked again from here.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { DeskFilter, DeskQuestion, DeskTemplate } from './contract';

const PAGE = 50;
/** The queue is asked again this often even when no frame comes, in milliseconds. */
const REST = 60_000;

export const deskKey = ['desk'] as const;

export const deskQuery = (filter: DeskFilter) =>
  infiniteQueryOptions({
    queryKey: [...deskKey, 'list', filter],
    queryFn: ({ pageParam }) =>
      body(api.GET('/desk', { params: { query: given({ ...filter, limit: PAGE, cursor: pageParam }) } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: REST,
  });

const at = (room: string) => ({ params: { path: { id: room } } });

export const questionQuery = (room: string) =>
  queryOptions({
    queryKey: [...deskKey, 'question', room],
    // The document of the server's API does not say what a document holds.
    queryFn: () => body(api.GET('/desk/{id}', at(room))) as unknown as Promise<DeskQuestion>,
  });

export const refreshDesk = (): Promise<void> => queryClient.invalidateQueries({ queryKey: deskKey });

export const claim = (room: string) => body(api.POST('/desk/{id}/claim', at(room)));
export const renew = (room: string) => body(api.POST('/desk/{id}/renew', at(room)));
/** Outlives the page. */
export const release = (room: string) =>
  body(api.POST('/desk/{id}/release', { ...at(room), keepalive: true }));
export const resolve = (room: string) => body(api.POST('/desk/{id}/resolve', at(room)));
export const pass = (room: string, to: string) =>
  body(api.POST('/desk/{id}/pass', { ...at(room), body: { to } }));

export const keepNote = (course: string | null, student: string, text: string) =>
  body(api.PUT('/desk/notes', { body: { course_id: course, student_id: student, text } }));

const templatesKey = ['desk-templates'] as const;

export const templatesQuery = queryOptions({
  queryKey: templatesKey,
  queryFn: () => body(api.GET('/desk/templates')),
  staleTime: 5 * 60_000,
});

export type TemplateDraft = Pick<DeskTemplate, 'title' | 'body' | 'shared'>;

const again = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: templatesKey });
  return answer;
};
export const addTemplate = (draft: TemplateDraft) =>
  body(api.POST('/desk/templates', { body: draft })).then(again);
export const changeTemplate = (id: string, draft: TemplateDraft) =>
  body(api.PATCH('/desk/templates/{id}', { ...at(id), body: draft })).then(again);
export const dropTemplate = (id: string) => body(api.DELETE('/desk/templates/{id}', at(id))).then(again);

/** Who may take this question, those who are there first. */
export const colleaguesQuery = (room: string) =>
  queryOptions({
    queryKey: ['desk-colleagues', room],
    queryFn: () => body(api.GET('/desk/{id}/colleagues', at(room))),
    staleTime: 30_000,
  });
