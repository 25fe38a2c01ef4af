// How much is unread over all rooms, kept true by what the server tells this person on any device.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, body, type Schemas, session } from '~/api/client';
import { queryClient } from '~/app/queries';
import { usePerson } from '~/live/person';
import { setTitleCount } from '~/ui/useTitle';
import { roomsKey } from './queries';

type Unread = Schemas['Unread'];

export const unreadQuery = queryOptions({
  queryKey: ['unread'],
  queryFn: () => body(api.GET('/rooms/unread')),
  staleTime: 60_000,
});

/** News of many rooms come together; they are asked for once, after this many milliseconds and not later. */
const GATHER = 1_000;
/** The server stores how far one has read two seconds after it was told: asked sooner it would say the old count. */
const STORED = 2_800;

/** Asks again, soon, for what is unread and for the list of rooms where it is shown. */
export function useRoomNews(on: boolean): void {
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stored = useRef<ReturnType<typeof setTimeout>>(undefined);
  usePerson(
    ['news', 'mark', 'rooms', 'joined'],
    ({ t }) => {
      if (t === 'mark') {
        clearTimeout(stored.current);
        stored.current = setTimeout(refresh, STORED);
        return;
      }
      // Where something comes all the time, waiting for a pause would be waiting for ever.
      soon.current ??= setTimeout(() => {
        soon.current = undefined;
        refresh();
      }, GATHER);
    },
    on,
  );
  useEffect(
    () => () => {
      clearTimeout(soon.current);
      clearTimeout(stored.current);
      soon.current = undefined;
    },
    [],
  );
}

function refresh(): void {
  void queryClient.invalidateQueries({ queryKey: unreadQuery.queryKey });
  void queryClient.invalidateQueries({ queryKey: [...roomsKey, 'list'] });
}

session.listen((event) => {
  if (event.kind === 'signed-out') setTitleCount(0);
});

export function useUnread(on: boolean): Unread {
  useRoomNews(on);
  const { data } = useQuery({ ...unreadQuery, enabled: on });
  const total = on ? (data?.total ?? 0) : 0;
  // It stays while another page shows its own frame; who signs out takes it along.
  useEffect(() => setTitleCount(total), [total]);
  return { total, mentions: on ? (data?.mentions ?? 0) : 0 };
}
