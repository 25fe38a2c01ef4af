// Whether this visit has come near uploads at all: only then does the header load their sign, which most visitors never
// need.
import { useSyncExternalStore } from 'react';

let open = false;
const hearers = new Set<() => void>();

/** Said by whoever opens the uploads. */
export function uploadsOpened(): void {
  open = true;
  for (const hear of hearers) hear();
}

const listen = (hear: () => void) => {
  hearers.add(hear);
  return () => {
    hearers.delete(hear);
  };
};

export const useUploadsOpen = (): boolean => useSyncExternalStore(listen, () => open);
