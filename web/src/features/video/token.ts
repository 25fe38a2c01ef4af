// The playback token stands in the path: `/m/<token>/<video>/…`. Playlists keep the one that they were asked with;
// every request is sent with the newest.

export function withToken(url: string, master: string): string {
  const fresh = /\/m\/([^/]+)\//.exec(master)?.[1];
  return fresh ? url.replace(/\/m\/[^/]+\//, `/m/${fresh}/`) : url;
}

/** Whether an address bears a token of ours at all. */
export const hasToken = (url: string): boolean => /\/m\/[^/]+\//.test(url);
