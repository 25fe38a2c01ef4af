import { useSyncExternalStore } from 'react';

/** From 1024 px on the rail stands beside the video. */
const query = '(min-width: 64em)';

const listen = (hear: () => void) => {
  const media = matchMedia(query);
  media.addEventListener('change', hear);
  return () => media.removeEventListener('change', hear);
};

export const useWide = (): boolean => useSyncExternalStore(listen, () => matchMedia(query).matches);
