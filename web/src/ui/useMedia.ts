// Whether the window is of a kind, kept up to date.
import { useCallback, useSyncExternalStore } from 'react';

/** Below 768 px. */
export const phone = '(max-width: 47.99em)';

export function useMedia(query: string): boolean {
  const listen = useCallback(
    (hear: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', hear);
      return () => media.removeEventListener('change', hear);
    },
    [query],
  );
  return useSyncExternalStore(listen, () => matchMedia(query).matches);
}
