// The typed client of the server, made from its OpenAPI document. Every call goes through `authedFetch`: bearer token,
// the header that cookie routes demand, one renewal on 401 (as a guest if the session is over). Every refusal is thrown
// as an `ApiError`.

import createClient from 'openapi-fetch';
import { networkError, problemOf } from './error';
import type { components, paths } from './schema';
import { browserSession } from './session';

export type Schemas = components['schemas'];

export const apiBase = '/api/v1';

export const session = browserSession();

/** Cookie routes answer 401 for reasons of their own (wrong password, ended session): a renewal would not help. */
const isAuthRoute = (url: string) => new URL(url, location.origin).pathname.startsWith(`${apiBase}/auth/`);

/** `fetch` with this person's token. Answers as `fetch` does, except that a dead link is an `ApiError`. */
export async function authedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const own = isAuthRoute(request.url);
  const token = own ? undefined : await session.current();
  const response = await send(request, token);
  if (response.status !== 401 || own || !token) return response;
  // Nothing when the session has ended: what is public is then answered to a guest, and the rest is refused as such.
  return send(request, await session.renew(token));
}

async function send(request: Request, token: string | undefined): Promise<Response> {
  const attempt = request.clone();
  attempt.headers.set('x-ilm-request', '1');
  if (token) attempt.headers.set('authorization', `Bearer ${token}`);
  try {
    return await fetch(attempt);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw networkError(cause);
  }
}

export const api = createClient<paths>({ baseUrl: apiBase, fetch: authedFetch });

api.use({
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
});

/** The body of a successful answer. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

/** A key that makes a retried POST harmless; make it once per intent, not per attempt. */
export const intentKey = (): string => crypto.randomUUID();
