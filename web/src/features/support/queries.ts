// Frequent questions and the support chat, as asked of the server.
import { queryOptions } from '@tanstack/react-query';
import { api, body } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { FaqEntry, Texts, Topic } from './contract';

export type FaqFilter = { q?: string | undefined; topic?: Topic | undefined };

export const faqQuery = (filter: FaqFilter = {}) =>
  queryOptions({
    queryKey: ['faq', 'list', filter],
    queryFn: (): Promise<{ items: FaqEntry[] }> =>
      body(api.GET('/faq', { params: { query: given(filter) } })),
    staleTime: 5 * 60_000,
  });

/** For those who write them, without the pause of what is only read; drafts are in it. */
export const faqEditQuery = queryOptions({ ...faqQuery(), staleTime: 0 });

export type FaqDraft = { topic: Topic; question: Texts; answer: Texts; published: boolean };

/** Texts without the languages that are not there. */
const told = (texts: Texts): Record<string, string> => given(texts) as Record<string, string>;
const said = ({ question, answer, ...rest }: Partial<FaqDraft>) => ({
  ...rest,
  ...(question ? { question: told(question) } : {}),
  ...(answer ? { answer: told(answer) } : {}),
});

const again = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: ['faq'] });
  return answer;
};
const at = (id: string) => ({ params: { path: { id } } });
export const addFaq = ({ question, answer, ...rest }: FaqDraft) =>
  body(api.POST('/faq', { body: { ...rest, question: told(question), answer: told(answer) } })).then(again);
export const changeFaq = (id: string, version: number, draft: Partial<FaqDraft>) =>
  body(api.PATCH('/faq/{id}', { ...at(id), body: { ...said(draft), version } })).then(again);
export const dropFaq = (id: string) => body(api.DELETE('/faq/{id}', at(id))).then(again);
export const orderFaq = (ids: string[]) => body(api.PUT('/faq/order', { body: { ids } })).then(again);
export const voteFaq = (id: string, helpful: boolean) =>
  body(api.POST('/faq/{id}/vote', { ...at(id), body: { helpful } }));

export const supportQuery = queryOptions({
  queryKey: ['support'],
  queryFn: () => body(api.GET('/support')),
  staleTime: 10_000,
});

export const askSupport = async (text: string, clientId: string) => {
  const answer = await body(api.POST('/support', { body: { body: text, client_id: clientId } }));
  await queryClient.invalidateQueries({ queryKey: supportQuery.queryKey });
  return answer;
};
