import { useMedia } from '~/ui/useMedia';

/** From 1024 px on the rail stands beside the video. */
export const useWide = (): boolean => useMedia('(min-width: 64em)');
