// Whether the player stands small in the corner while the text is read. Pure, and its hook.
import { type RefObject, useEffect, useMemo, useState } from 'react';

export type MiniState = { outside: boolean; begun: boolean; closed: boolean; forced: boolean };

/** Small when its place is out of sight and it has begun, unless it was closed; or when it was asked for. */
export const isMini = ({ outside, begun, closed, forced }: MiniState): boolean =>
  begun && (forced || (outside && !closed));

/** `place`: where the player stands in the page. `able`: there is room for a corner. */
export function useMini(
  place: RefObject<HTMLElement | null>,
  begun: boolean,
  able: boolean,
  stop: () => void,
) {
  const [outside, setOutside] = useState(false);
  const [closed, setClosed] = useState(false);
  const [forced, setForced] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!able || !begun || !element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        const out = entry !== undefined && entry.intersectionRatio < 0.25;
        setOutside(out);
        // What was closed comes again with the next way down.
        if (!out) setClosed(false);
      },
      { threshold: [0, 0.25, 0.5] },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      setOutside(false);
      setClosed(false);
      setForced(false);
    };
  }, [place, able, begun]);
  const on = able && isMini({ outside, begun, closed, forced });
  return useMemo(
    () => ({
      on,
      back: () => {
        setForced(false);
        place.current?.scrollIntoView({ block: 'start' });
      },
      close: () => {
        setForced(false);
        setClosed(true);
        if (outside) stop();
      },
      toggle: () => {
        setForced(!on);
        if (on) setClosed(outside);
      },
    }),
    [on, outside, place, stop],
  );
}
