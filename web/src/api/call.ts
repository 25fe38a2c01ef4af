// A call outside the typed client: a body that is not JSON (a file of captions), or one that must outlive the page.
import { apiBase, authedFetch } from './client';
import { problemOf } from './error';

type Init = { body?: BodyInit; type?: string; headers?: Record<string, string>; keepalive?: boolean };

/** Answers with the JSON of a success, or nothing where there is none; a refusal is thrown as an `ApiError`. */
export async function call<T>(method: string, path: string, init: Init = {}): Promise<T> {
  const response = await ask(method, path, init);
  // What was made without being told back (201) has no body either.
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Answers with the text of a success. */
export const callText = async (method: string, path: string): Promise<string> =>
  (await ask(method, path, {})).text();

async function ask(method: string, path: string, init: Init): Promise<Response> {
  const response = await authedFetch(`${apiBase}${path}`, {
    method,
    headers: { ...(init.type ? { 'content-type': init.type } : {}), ...init.headers },
    ...(init.body === undefined ? {} : { body: init.body }),
    ...(init.keepalive ? { keepalive: true } : {}),
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}
