// One value out of the state of a player, for what stands beside it. Kept apart from the player, whose code comes later.
import { useCallback, useSyncExternalStore } from 'react';
import type { Engine, PlayerView } from './engine';

/** `select` gives a plain value, so that a second that passes draws nothing anew. */
export function useEngine<T extends string | number | boolean | undefined>(
  engine: Engine | undefined,
  select: (view: PlayerView, engine: Engine) => T,
): T | undefined {
  const listen = useCallback(
    (hear: () => void) => {
      const stops = [engine?.listen(hear), engine?.captions.listen(hear)];
      return () => {
        for (const stop of stops) stop?.();
      };
    },
    [engine],
  );
  return useSyncExternalStore(listen, () => (engine ? select(engine.view(), engine) : undefined));
}
