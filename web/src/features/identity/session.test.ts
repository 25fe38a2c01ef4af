// @vitest-environment happy-dom
import { QueryObserver } from '@tanstack/react-query';
import { afterEach, describe, expect, it, vi } from 'vitest';

vi.stubGlobal('fetch', async () => new Response('{}', { status: 503 }));
location.href = 'http://localhost:3000/';
const { session } = await import('~/api/client');
const { queryClient } = await import('~/app/queries');
await import('./session');

const stops: (() => void)[] = [];
/** A part of a page that shows this query. */
function shown(key: string, queryFn: () => Promise<unknown>, enabled = true) {
  const observer = new QueryObserver(queryClient, { queryKey: [key], queryFn, enabled });
  stops.push(observer.subscribe(() => {}));
  return observer;
}
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  queryClient.clear();
});

const signedIn = () => session.accept({ access_token: 'a', expires_in: 600, user: { id: 'u' } });

/** WEB-08 */
describe('the end of a session', () => {
  it('asks again as a guest for what a page still waits for', async () => {
    signedIn();
    let answer: (value: string) => void = () => {};
    const ask = vi.fn(() => new Promise((resolve) => (answer = resolve)));
    const courses = shown('courses', ask);
    session.end();
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(2));
    answer('for all');
    await vi.waitFor(() => expect(courses.getCurrentResult().data).toBe('for all'));
  });

  it('leaves nothing of the person who left', async () => {
    signedIn();
    queryClient.setQueryData(['me', 'learning'], ['secret']);
    const ask = vi.fn(async () => 'mine');
    const mine = shown('learn', ask);
    await vi.waitFor(() => expect(mine.getCurrentResult().data).toBe('mine'));
    mine.setOptions({ queryKey: ['learn'], queryFn: ask, enabled: false });
    session.end();
    await vi.waitFor(() => expect(mine.getCurrentResult().data).toBeUndefined());
    expect(queryClient.getQueryData(['me', 'learning'])).toBeUndefined();
    expect(queryClient.getQueryData(['me'])).toBeUndefined();
    expect(ask).toHaveBeenCalledTimes(1);
  });
});
