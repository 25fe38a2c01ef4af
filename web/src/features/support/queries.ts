// Frequent questions and the support chat, as asked of the server.
import { queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { address, json } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { FaqEntry, Support, Texts } from './contract';

export type FaqFilter = { q?: string | undefined; topic?: string | undefined };

export const faqQuery = (filter: FaqFilter = {}) =>
  queryOptions({
    queryKey: ['faq', 'list', filter],
    queryFn: () => call<{ items: FaqEntry[] }>('GET', address('/faq', { ...filter })),
    staleTime: 5 * 60_000,
  });

/** For those who write them, without the pause of what is only read; drafts are in it. */
export const faqEditQuery = queryOptions({ ...faqQuery(), staleTime: 0 });

export type FaqDraft = { topic: string; question: Texts; answer: Texts; published: boolean };

const again = <T>(answer: T): T => {
  void queryClient.invalidateQueries({ queryKey: ['faq'] });
  return answer;
};
export const addFaq = (draft: FaqDraft) => call<FaqEntry>('POST', '/faq', json(draft)).then(again);
export const changeFaq = (id: string, version: number, draft: Partial<FaqDraft>) =>
  call<FaqEntry>('PATCH', `/faq/${id}`, json({ ...draft, version })).then(again);
export const dropFaq = (id: string) => call('DELETE', `/faq/${id}`).then(again);
export const orderFaq = (ids: string[]) => call('PUT', '/faq/order', json({ ids })).then(again);
export const voteFaq = (id: string, helpful: boolean) => call('POST', `/faq/${id}/vote`, json({ helpful }));

export const supportQuery = queryOptions({
  queryKey: ['support'],
  queryFn: () => call<Support>('GET', '/support'),
  staleTime: 10_000,
});

export const askSupport = async (body: string, clientId: string) => {
  const answer = await call<{ room_id: string }>('POST', '/support', json({ body, client_id: clientId }));
  await queryClient.invalidateQueries({ queryKey: supportQuery.queryKey });
  return answer;
};
