// Who is signed in on this page: the state of the session for React, and the person's own data.
import { type Query, queryOptions, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { api, body, type Schemas, session } from '~/api/client';
import { queryClient } from '~/app/queries';
import { chosenLocale, i18n } from '~/i18n';

export type Me = Schemas['Me'];

/** `restoring`: the page has just been opened and the cookie is being asked. */
type State = 'restoring' | 'guest' | 'user';

let state: State = 'restoring';
/** Whether the server ended the session, rather than the person: the sign-in page then says so. */
let ended = false;
let leaving = false;
const hearers = new Set<() => void>();
const set = (next: State) => {
  if (state === next) return;
  state = next;
  for (const hear of hearers) hear();
};

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => body<Me>(api.GET('/me')),
  staleTime: 5 * 60_000,
});

session.listen((event) => {
  if (event.kind === 'signed-out') {
    ended = state === 'user' && !leaving;
    set('guest');
    // After the pages have heard of it: what only a person may ask for is then asked for no more.
    setTimeout(forgetPerson);
    return;
  }
  const before = state;
  ended = false;
  queryClient.setQueryData(meQuery.queryKey, event.user as Me);
  set('user');
  // Pages that were shown to a guest ("enroll", "own") are asked again as this person.
  if (before === 'guest') void queryClient.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'me' });
  const { locale } = event.user as Me;
  if (!chosenLocale() && locale && locale !== i18n.language) void i18n.changeLanguage(locale);
});

/**
 * Nothing of the person who left stays in memory for the next one. What a page waits for or shows is asked again as a
 * guest; destroying it would leave the page waiting for an answer that goes nowhere.
 */
function forgetPerson(): void {
  if (state !== 'guest') return;
  const theirs = ({ queryKey }: Query) => queryKey[0] !== 'config';
  queryClient.removeQueries({ predicate: (query) => theirs(query) && query.getObserversCount() === 0 });
  queryClient.getMutationCache().clear();
  void queryClient.resetQueries({ predicate: theirs });
}

/** Finds out at the start whether somebody is signed in. A server out of reach leaves a guest; the next call asks again. */
export async function restoreSession(): Promise<void> {
  const found = await session.restore().catch(() => false);
  if (!found) set('guest');
}

export function useSession(): { state: State; me: Me | undefined } {
  const now = useSyncExternalStore(
    (hear) => {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    () => state,
  );
  const { data } = useQuery({ ...meQuery, enabled: now === 'user' });
  return { state: now, me: now === 'user' ? data : undefined };
}

/** Ends the session on the server and in all tabs. Without a network the cookie stays, so that is an error to show. */
export async function signOut(): Promise<void> {
  await api.POST('/auth/logout', { body: {} });
  leaving = true;
  session.end();
  leaving = false;
}

export const sessionWasEnded = (): boolean => ended;
