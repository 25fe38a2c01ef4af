// The captions of a playback: which there are, which is chosen, and their cues, which the picture and the transcript
// share. They are drawn by us and not by the browser: in every language, in the chosen size, under the watermark's rule
// and in step with the transcript.

import type { CaptionTrack, Playback } from './contract';
import { type Cue, parseCues } from './cues';
import { type CaptionSize, keepPrefs, readPrefs } from './prefs';
import { withToken } from './token';

/** As it is chosen, whether or not it has an address yet. */
type Track = Pick<CaptionTrack, 'language' | 'label'>;

export type CaptionsView = {
  tracks: readonly Track[];
  /** What the cues are of. */
  language: string | undefined;
  on: boolean;
  size: CaptionSize;
  cues: readonly Cue[];
  state: 'none' | 'waiting' | 'loading' | 'ready' | 'failed';
};

/** The track to begin with: what was chosen last, else the language of the page, else the first. */
export function firstTrack<T extends Track>(
  tracks: readonly T[],
  remembered: string | undefined,
  page: string,
): T | undefined {
  const short = (language: string) => language.toLowerCase().split('-')[0];
  const like = (wanted: string) =>
    tracks.find((track) => track.language === wanted) ??
    tracks.find((track) => short(track.language) === short(wanted));
  return (remembered ? like(remembered) : undefined) ?? like(page) ?? tracks[0];
}

export function createCaptions() {
  const { captions, size } = readPrefs();
  const nothing: CaptionsView = {
    tracks: [],
    language: undefined,
    on: captions,
    size,
    cues: [],
    state: 'none',
  };
  let view = nothing;
  let playback: Playback | undefined;
  let before: ((language: string) => Promise<string>) | undefined;
  /** Who reads the cues besides the picture: the transcript. */
  let readers = 0;
  let round = 0;
  const hearers = new Set<() => void>();
  const set = (next: Partial<CaptionsView>) => {
    view = { ...view, ...next };
    for (const hear of hearers) hear();
  };

  /** What asks for the text of the chosen language, if there is any yet. */
  function source(): (() => Promise<string>) | undefined {
    const { language } = view;
    const url = playback?.captions?.find((track) => track.language === language)?.url;
    if (playback && url) {
      const { master_url } = playback;
      return async () => {
        const answer = await fetch(withToken(url, master_url));
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        return answer.text();
      };
    }
    const ask = before;
    return ask && language ? () => ask(language) : undefined;
  }

  function know(tracks: readonly Track[]) {
    const same =
      tracks.length === view.tracks.length &&
      tracks.every((track, index) => track.language === view.tracks[index]?.language);
    if (same) return;
    set({ tracks });
    pick(firstTrack(tracks, readPrefs().language, document.documentElement.lang)?.language);
    load();
  }

  function load() {
    const text = source();
    if (!text || (!view.on && readers === 0)) return;
    if (view.state !== 'waiting' && view.state !== 'failed') return;
    const mine = ++round;
    set({ state: 'loading' });
    text().then(
      (text) => mine === round && set({ cues: parseCues(text), state: 'ready' }),
      () => mine === round && set({ state: 'failed' }),
    );
  }

  function pick(language: string | undefined) {
    if (language === view.language) return;
    round++;
    set({ language, cues: [], state: language ? 'waiting' : 'none' });
  }

  return {
    view: () => view,
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    /** What there is before it plays, and what gives its text until then: for the transcript. */
    offer(tracks: readonly Track[], text: (language: string) => Promise<string>) {
      before = text;
      if (!playback) know(tracks);
    },
    /** What there is in this playback. The same tracks with a newer token change nothing. */
    use(next: Playback) {
      playback = next;
      know(next.captions ?? []);
    },
    /** Another video: nothing of this one is left. */
    forget() {
      round++;
      playback = undefined;
      before = undefined;
      const { on, size: chosen } = view;
      set({ ...nothing, on, size: chosen });
    },
    /** Somebody reads the cues as long as the returned function is not called. */
    read(): () => void {
      readers++;
      load();
      return () => {
        readers--;
      };
    },
    retry: load,
    toggle() {
      if (view.tracks.length === 0) return;
      keepPrefs({ captions: !view.on });
      set({ on: !view.on });
      load();
    },
    /** Of the transcript, whether or not the picture shows it. */
    language(language: string) {
      keepPrefs({ language });
      pick(language);
      load();
    },
    /** Off for no language. */
    choose(language: string | undefined) {
      keepPrefs(language ? { captions: true, language } : { captions: false });
      if (language) pick(language);
      set({ on: language !== undefined });
      load();
    },
    resize(next: CaptionSize) {
      keepPrefs({ size: next });
      set({ size: next });
    },
  };
}
export type Captions = ReturnType<typeof createCaptions>;
