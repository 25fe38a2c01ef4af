// The chat room of a lesson for React: one client a room and person on this page, however many parts show it.
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api, body } from '~/api/client';
import { rooms } from '~/live';
import { browserOutbox } from '~/live/outbox';
import type { Page } from '~/live/protocol';
import { createRoomClient, type RoomClient, type RoomView } from '~/live/roomClient';

const outbox = browserOutbox();
const PAGE = 50;

const open = new Map<string, { client: RoomClient; users: number }>();

addEventListener('pagehide', () => {
  for (const { client } of open.values()) client.flush();
});

function take(user: string, room: string): RoomClient {
  const key = `${user} ${room}`;
  const known = open.get(key);
  if (known) {
    known.users++;
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
  open.delete(key);
  known.client.close();
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
