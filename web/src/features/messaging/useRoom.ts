// A chat room for React: one client a room and person on this page, however many parts show it. What is still on its way
// goes on when nobody looks at the room any more, and what an earlier visit has left behind is sent from any page.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api, body, session } from '~/api/client';
import { rooms } from '~/live';
import { browserOutbox, roomsOf } from '~/live/outbox';
import type { Page } from '~/live/protocol';
import { createRoomClient, type RoomClient, type RoomView } from '~/live/roomClient';

export const outbox = browserOutbox();
const PAGE = 50;

type Opened = {
  client: RoomClient;
  /** How many parts of the page show it. */
  users: number;
  /** Stops waiting for what is still to be sent. */
  stay?: (() => void) | undefined;
};

const open = new Map<string, Opened>();

/** Who is signed in: what somebody else has written must never go with this person's token. */
let person: string | undefined;

session.listen((event) => {
  person = event.kind === 'signed-in' ? (event.user as { id?: string }).id : undefined;
  for (const [key, one] of open) if (one.users === 0 && one.client.user !== person) end(key, one);
});

addEventListener('pagehide', () => {
  for (const { client } of open.values()) client.flush();
});

function take(user: string, room: string): RoomClient {
  const key = `${user} ${room}`;
  const known = open.get(key);
  person = user;
  if (known) {
    known.users++;
    known.stay?.();
    known.stay = undefined;
    return known.client;
  }
  const client = createRoomClient(user, room, {
    live: rooms,
    store: outbox,
    // What the document calls null is left out of what is sent.
    page: (id, want) =>
      body(
        api.GET('/rooms/{id}/messages', { params: { path: { id }, query: { ...want, limit: PAGE } } }),
      ) as Promise<Page>,
    now: () => Date.now(),
    later: (work, milliseconds) => {
      const timer = setTimeout(work, milliseconds);
      return () => clearTimeout(timer);
    },
    newId: () => crypto.randomUUID(),
  });
  open.set(key, { client, users: 1 });
  return client;
}

function give(user: string, room: string): void {
  const key = `${user} ${room}`;
  const known = open.get(key);
  if (!known || --known.users > 0) return;
  if (user !== person || !known.client.waits()) {
    end(key, known);
    return;
  }
  // What was read here is told now, as on leaving.
  known.client.flush();
  known.stay = known.client.listen(() => {
    if (!known.client.waits()) end(key, known);
  });
}

function end(key: string, one: Opened): void {
  one.stay?.();
  open.delete(key);
  one.client.close();
}

/** Sends what an earlier visit has left behind, whichever page is open now. */
export async function sendLeft(user: string): Promise<void> {
  const items = await outbox.left(user);
  for (const room of roomsOf(items, Date.now())) {
    if (person !== undefined && person !== user) return;
    take(user, room);
    give(user, room);
  }
}

export function useRoomId(lessonId: string) {
  return useQuery({
    queryKey: ['lesson', 'room', lessonId],
    queryFn: () => body(api.GET('/lessons/{id}/room', { params: { path: { id: lessonId } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useRoom(user: string, room: string): RoomClient | undefined {
  const [client, setClient] = useState<RoomClient | undefined>(undefined);
  useEffect(() => {
    setClient(take(user, room));
    return () => {
      setClient(undefined);
      give(user, room);
    };
  }, [user, room]);
  return client;
}

export const useRoomView = (client: RoomClient): RoomView => useSyncExternalStore(client.listen, client.view);
