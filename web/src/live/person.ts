// The topic `user`: what the server tells a person on all of their connections. Many parts of a page may listen; the
// topic is joined while any of them does.
import { useEffect, useRef } from 'react';
import { rooms } from './index';
import type { Frame } from './protocol';

type Hear = (frame: Frame) => void;

const hearers = new Set<{ kinds: readonly string[]; hear: Hear }>();
let leave: (() => void) | undefined;

function tell(frame: Frame) {
  for (const { kinds, hear } of [...hearers]) if (kinds.includes(frame.t)) hear(frame);
}

/**
 * Hears frames of these kinds until the returned function is called. `joined` is told after every (re)connection:
 * what came meanwhile was missed, so ask again.
 */
export function onPerson(kinds: readonly string[], hear: Hear): () => void {
  const one = { kinds, hear };
  hearers.add(one);
  leave ??= rooms.topic('user', {
    implicit: true,
    join: () => ({}),
    joined: (frame) => tell(frame as unknown as Frame),
    frame: tell,
    refused: () => undefined,
    lost: () => undefined,
  });
  return () => {
    hearers.delete(one);
    if (hearers.size > 0) return;
    leave?.();
    leave = undefined;
  };
}

/** The same for a component, while it is shown and `on`. `kinds` must not change. */
export function usePerson(kinds: readonly string[], hear: Hear, on = true): void {
  const latest = useRef(hear);
  latest.current = hear;
  const wanted = kinds.join(' ');
  useEffect(
    () => (on ? onPerson(wanted.split(' '), (frame) => latest.current(frame)) : undefined),
    [wanted, on],
  );
}
