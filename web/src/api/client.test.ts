// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest';

type Seen = { path: string; method: string; token: string | null; marked: string | null; body: string };

const answers = new Map<string, (seen: Seen) => Response>();
const seen: Seen[] = [];
const json = (status: number, body: unknown, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
const problem = (status: number, code: string) => json(status, { code, status }, 'application/problem+json');

vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
  const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
  const one = {
    path: new URL(request.url).pathname,
    method: request.method,
    token: request.headers.get('authorization'),
    marked: request.headers.get('x-ilm-request'),
    body: await request.text(),
  };
  seen.push(one);
  return answers.get(one.path)?.(one) ?? problem(404, 'not_found');
});

location.href = 'http://localhost:3000/';
const { api, body, session } = await import('./client');

beforeEach(() => {
  answers.clear();
  seen.length = 0;
  session.end();
});

let number = 0;
const refreshed = () => json(200, { access_token: `t${++number}`, expires_in: 600, user: { id: 'u' } });

describe('the client', () => {
  it('sends the token and the mark that cookie routes demand', async () => {
    session.accept({ access_token: 'mine', expires_in: 600, user: {} });
    answers.set('/api/v1/me', () => json(200, { id: 'u' }));
    expect(await body(api.GET('/me'))).toEqual({ id: 'u' });
    expect(seen[0]).toMatchObject({ token: 'Bearer mine', marked: '1' });
  });

  it('renews once on 401 and sends the same body again', async () => {
    session.accept({ access_token: 'old', expires_in: 600, user: {} });
    answers.set('/api/v1/auth/refresh', refreshed);
    answers.set('/api/v1/me', (one) =>
      one.token === 'Bearer old' ? problem(401, 'unauthenticated') : json(200, JSON.parse(one.body)),
    );
    const saved = await body(api.PATCH('/me', { body: { first_name: 'Malika' } }));
    expect(saved).toEqual({ first_name: 'Malika' });
    expect(seen.map((one) => one.path)).toEqual(['/api/v1/me', '/api/v1/auth/refresh', '/api/v1/me']);
  });

  it('does not try for ever when the renewed token is refused too', async () => {
    session.accept({ access_token: 'old', expires_in: 600, user: {} });
    answers.set('/api/v1/auth/refresh', refreshed);
    answers.set('/api/v1/me', () => problem(401, 'unauthenticated'));
    await expect(api.GET('/me')).rejects.toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(seen).toHaveLength(3);
  });

  it('asks once more as a guest when the session has ended', async () => {
    session.accept({ access_token: 'old', expires_in: 600, user: {} });
    answers.set('/api/v1/auth/refresh', () => problem(401, 'session_ended'));
    answers.set('/api/v1/courses', (one) =>
      one.token ? problem(401, 'unauthenticated') : json(200, { items: [] }),
    );
    expect(await body(api.GET('/courses'))).toEqual({ items: [] });
    expect(seen.map((one) => one.token)).toEqual(['Bearer old', null, null]);
  });

  it('takes a wrong password as an answer, not as a reason to renew', async () => {
    answers.set('/api/v1/auth/login', () => problem(401, 'credentials_invalid'));
    const call = api.POST('/auth/login', { body: { email: 'a@example.com', password: 'x' } });
    await expect(call).rejects.toMatchObject({ code: 'credentials_invalid' });
    expect(seen.map((one) => one.path)).toEqual(['/api/v1/auth/login']);
  });

  it('sends a guest without a token and asks nothing more on 401', async () => {
    answers.set('/api/v1/me', () => problem(401, 'unauthenticated'));
    await expect(api.GET('/me')).rejects.toMatchObject({ status: 401 });
    expect(seen).toEqual([expect.objectContaining({ path: '/api/v1/me', token: null })]);
  });
});
