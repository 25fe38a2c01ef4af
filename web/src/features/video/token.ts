// The playback token stands in the path: `/m/<token>/<video>/…`. Playlists keep the one that they were asked with;
// every request is sent with the newest.

export function withToken(url: string, master: string): string {
  const fresh = /\/m\/([^/]+)\//.exec(master)?.[1];
  return fresh ? url.replace(/\/m\/[^/]+\//, `/m/${fresh}/`) : url;
}
