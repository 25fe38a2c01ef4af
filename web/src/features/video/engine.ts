// Plays a protected stream in a <video>: asks for a playback session, feeds it to hls.js (or to the browser's own HLS),
// renews the token by a heartbeat, comes back after a loss, and closes the session when the page leaves. React sees a
// snapshot of its state.

import type HlsEngine from 'hls.js';
import type { ErrorData } from 'hls.js';
import hlsWorker from 'hls.js/dist/hls.worker.js?url';
import { api, body } from '~/api/client';
import { isApiError } from '~/api/error';
import { createCaptions } from './captions';
import type { Playback } from './contract';
import { hearEnd } from './ends';
import { keepPrefs, readPrefs } from './prefs';
import { createReporter } from './reporter';
import { firstLevel, type Rung, rungName, rungsOf, SOUND, sideOf, withSound } from './rungs';
import { hasToken, withToken } from './token';

export type { Playback, Rung };

export type PlayerView = {
  /** `replaced`: the stream was taken over by another device of this person. */
  stage: 'idle' | 'starting' | 'ready' | 'failed' | 'replaced';
  /** Why it failed: an `ApiError`, or something of the stream itself. */
  error: unknown;
  /** A picture has been shown: until then the start button stays, since the browser may refuse to play unasked. */
  begun: boolean;
  playing: boolean;
  /** Wants to play but has nothing to show. */
  stalled: boolean;
  ended: boolean;
  time: number;
  duration: number;
  /** Ends of what is loaded around the present position, in seconds. */
  buffered: readonly (readonly [number, number])[];
  rate: number;
  volume: number;
  muted: boolean;
  rungs: readonly Rung[];
  /** Index of the chosen rung, -1 for automatic, `SOUND` for none. */
  chosen: number;
  /** The shorter side of the picture that plays; 0 for sound alone. */
  height: number | undefined;
  playback: Playback | undefined;
};

const prefs = readPrefs();
const atRest: PlayerView = {
  stage: 'idle',
  error: undefined,
  begun: false,
  playing: false,
  stalled: false,
  ended: false,
  time: 0,
  duration: 0,
  buffered: [],
  rate: prefs.rate,
  volume: prefs.volume,
  muted: prefs.muted,
  rungs: [],
  chosen: -1,
  height: undefined,
  playback: undefined,
};

const HEARTBEAT = 60_000;
/** Pauses between attempts after the link was lost, in milliseconds; then it is a failure. */
const PATIENCE = [500, 1_500, 4_000, 10_000];
/** More renewals than this within a minute mean that renewing does not help. */
const RENEWALS = 3;

export type Engine = ReturnType<typeof createEngine>;

/** `length`: as far as it is known before it plays; `at`: where it is to begin, else the server says. Seconds. */
export function createEngine(grant: () => Promise<Playback>, length = 0, at = 0) {
  let view: PlayerView = { ...atRest, duration: length, time: at, ...remembered() };
  let video: HTMLVideoElement | undefined;
  let hls: HlsEngine | undefined;
  let library: typeof HlsEngine | undefined;
  /** The playlist of the sound alone, where the stream has its sound apart: hls.js leaves it out beside a picture. */
  let sound: string | undefined;
  /** Only that one is loaded. */
  let soundOnly = false;
  /** The picture was left away or taken back, and nothing has played since: a wait that was asked for. */
  let swapped = false;
  let playback: Playback | undefined;
  /** Grows with every start; what an older one still does is ignored. */
  let round = 0;
  let lost = 0;
  let recovered = 0;
  let renewals: number[] = [];
  let renewing: Promise<void> | undefined;
  let beat: ReturnType<typeof setInterval> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let detach: (() => void) | undefined;
  /** Until when the address that the browser plays by itself is taken, milliseconds since 1970; only without hls.js. */
  let nativeUntil: number | undefined;
  /** Grows with every address given to the browser's own player. */
  let source = 0;
  /** The rung that was asked for, by its shorter side; 0 is the sound alone. */
  let wanted: number | undefined;
  /** The session whose end is listened for. */
  let heard: { session: string; leave: () => void } | undefined;
  const hearers = new Set<() => void>();
  const captions = createCaptions();
  const reporter = createReporter(() => ({
    position: video?.currentTime ?? 0,
    rate: video?.playbackRate ?? 1,
    playing: video !== undefined && !video.paused && !video.seeking && !video.ended && video.readyState > 2,
    rung: view.height === undefined ? undefined : rungName(view.height),
  }));

  const set = (next: Partial<PlayerView>) => {
    view = { ...view, ...next };
    for (const hear of hearers) hear();
  };

  function fail(error: unknown) {
    reporter.failed(
      isApiError(error) ? error.code : error instanceof Error ? error.message.slice(0, 64) : 'media',
    );
    video?.pause();
    hls?.stopLoad();
    set({ stage: 'failed', error, stalled: false });
  }

  function end(keepalive: boolean) {
    clearInterval(beat);
    clearTimeout(again);
    if (hls && view.begun && hls.bandwidthEstimate > 0) {
      keepPrefs({ bandwidth: Math.round(hls.bandwidthEstimate) });
    }
    // Before the session is closed, while it can still be told of.
    reporter.close();
    hls?.destroy();
    hls = undefined;
    nativeUntil = undefined;
    const session = playback?.session;
    playback = undefined;
    listenForEnd();
    if (!session) return;
    void api
      .DELETE('/playback/{session}', { params: { path: { session } }, keepalive })
      .catch(() => undefined);
  }

  function use(next: Playback) {
    playback = next;
    captions.use(next);
    reporter.open(next.session);
    listenForEnd();
    set({ playback: next, duration: next.duration_s || view.duration });
  }

  /** What a new start keeps: the sound alone. A rung is chosen anew, by the link as it is then. */
  const same = () => (soundOnly ? 0 : undefined);

  /** Starts, or starts again after a failure, at `at` seconds or where this person stopped. */
  async function start(at?: number, height?: number): Promise<void> {
    if (!video) return;
    const mine = ++round;
    const element = video;
    end(false);
    wanted = height;
    sound = undefined;
    soundOnly = false;
    reporter.pressed();
    // Now, while the click still counts: browsers let a video play only in answer to one.
    play();
    lost = 0;
    recovered = 0;
    set({ stage: 'starting', error: undefined, ended: false, rungs: [], chosen: -1, height: undefined });
    try {
      const [granted, { default: Hls }] = await Promise.all([grant(), import('hls.js')]);
      if (mine !== round) return;
      use(granted);
      const from = at ?? granted.position_s ?? 0;
      const every = Math.min(HEARTBEAT, (granted.expires_in * 1000) / 3);
      beat = setInterval(() => void heartbeat(every), every);
      library = Hls;
      if (Hls.isSupported()) attachHls(Hls, element, granted, from);
      else playNative(element, granted, from, true);
    } catch (error) {
      if (mine === round) fail(error);
    }
  }

  function attachHls(
    Hls: typeof HlsEngine,
    element: HTMLVideoElement,
    granted: Playback,
    from: number,
    playing = true,
  ) {
    const made = new Hls({
      workerPath: hlsWorker,
      // Also for a video that is still being made: such a playlist would else start at its newest end.
      startPosition: from,
      maxBufferLength: 30,
      maxMaxBufferLength: 60,
      backBufferLength: 30,
      capLevelToPlayerSize: true,
      abrEwmaDefaultEstimate: readPrefs().bandwidth ?? 1_000_000,
      // The first segment is on its way before the element is ready for it.
      startFragPrefetch: true,
      // Captions are ours: see captions.ts.
      enableWebVTT: false,
      enableIMSC1: false,
      enableCEA708Captions: false,
      renderTextTracksNatively: false,
      xhrSetup: (request, url) => {
        if (playback) request.open('GET', withToken(url, playback.master_url), true);
      },
    });
    hls = made;
    const { Events } = Hls;
    made.on(Events.MANIFEST_PARSED, (_event, data) => {
      if (view.stage !== 'starting') return;
      if (soundOnly) {
        set({ stage: 'ready', chosen: SOUND, height: 0 });
        if (playing) play();
        return;
      }
      const rungs = rungsOf(made.levels);
      sound = data.audioTracks[0]?.url;
      set({ rungs: withSound(rungs, sound !== undefined) });
      if (wanted === 0 && sound && rungs.length > 0) return swap(from, playing);
      const asked = rungs.find((rung) => wanted !== undefined && rung.height <= wanted);
      if (asked) made.loadLevel = asked.index;
      else made.startLevel = firstLevel(made.levels, readPrefs().bandwidth);
      set({ stage: 'ready', chosen: asked?.index ?? -1 });
      if (playing) play();
    });
    made.on(Events.LEVEL_SWITCHED, (_event, data) => {
      const level = made.levels[data.level];
      // The rung before is counted up to here.
      reporter.step();
      set({ height: level && sideOf(level) });
    });
    made.on(Events.FRAG_BUFFERED, () => {
      lost = 0;
    });
    made.on(Events.ERROR, (_event, data) => trouble(Hls, data));
    made.loadSource(address(granted));
    made.attachMedia(element);
  }

  const address = ({ master_url }: Playback) =>
    soundOnly && sound ? withToken(sound, master_url) : master_url;

  /** Goes on at `from` with the sound alone if that is wanted, else with the picture again; the session stays. */
  function swap(from: number, playing: boolean) {
    if (!hls || !library || !video || !playback) return;
    reporter.step();
    swapped = true;
    clearTimeout(again);
    if (hls.bandwidthEstimate > 0) keepPrefs({ bandwidth: Math.round(hls.bandwidthEstimate) });
    hls.destroy();
    soundOnly = wanted === 0;
    set({ stage: 'starting', ended: false, height: soundOnly ? 0 : undefined });
    attachHls(library, video, playback, from, playing);
  }

  /** The browser's own HLS, where there is no Media Source: the token stands in the address for good. */
  function playNative(element: HTMLVideoElement, granted: Playback, from: number, playing: boolean) {
    const mine = ++source;
    nativeUntil = Date.now() + granted.expires_in * 1000;
    const ready = () => {
      if (mine !== source || element !== video) return;
      element.currentTime = from;
      set({ stage: 'ready' });
      if (playing) play();
    };
    element.addEventListener('loadedmetadata', ready, { once: true });
    element.src = granted.master_url;
  }

  /** Gives the browser's own player the newest address; it goes on where it stands. */
  function swapNative() {
    if (!video || !playback) return;
    playNative(video, playback, view.time, !video.paused && !view.ended);
  }

  /** The link was lost or the token ran out (a phone that slept): a new address, after growing pauses. */
  function troubleNative(error: MediaError) {
    const pause = PATIENCE[lost++];
    // Nothing has been shown yet: the server's own answer would have said why.
    const hopeless = !view.begun || error.code === error.MEDIA_ERR_DECODE;
    if (hopeless || pause === undefined || (view.stage !== 'ready' && view.stage !== 'starting'))
      return fail(error);
    const mine = round;
    const anew = () =>
      void renew().then(() => {
        if (mine === round && view.stage === 'ready') swapNative();
      });
    again = setTimeout(anew, pause);
  }

  function trouble(Hls: typeof HlsEngine, data: ErrorData) {
    const status = data.response?.code;
    if (status === 401 || status === 403 || status === 410) {
      hls?.stopLoad();
      // An address of a delivery network is signed for itself: only new playlists bring new ones.
      if (data.frag && !hasToken(data.frag.url)) return anew();
      const mine = round;
      void renew().then(() => {
        if (mine !== round) return;
        if (view.stage === 'ready') hls?.startLoad();
        else if (view.stage === 'starting' && playback) hls?.loadSource(address(playback));
      });
      return;
    }
    if (!data.fatal) return;
    reporter.failed(data.details);
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recovered < 2) {
      recovered++;
      hls?.recoverMediaError();
      return;
    }
    // Nothing has played yet: the server's own answer says more than a retry would.
    const pause = PATIENCE[lost++];
    if (data.type !== Hls.ErrorTypes.NETWORK_ERROR || pause === undefined || !hls?.levels.length) {
      return fail(data.error);
    }
    // What is loaded plays on meanwhile; the element itself says when it has run dry.
    again = setTimeout(() => hls?.startLoad(), pause);
  }

  /** Starts again at its place, unless that has been tried too often just now. */
  function anew() {
    const now = Date.now();
    renewals = [...renewals.filter((at) => now - at < 60_000), now];
    if (renewals.length > RENEWALS) fail(new Error('address'));
    else void start(view.time > 0 ? view.time : undefined, wanted);
  }

  /** A token that is no longer taken: by the heartbeat if the session lives, else by a new session. */
  function renew(): Promise<void> {
    renewing ??= renewOnce().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function renewOnce() {
    const mine = round;
    const now = Date.now();
    renewals = [...renewals.filter((at) => now - at < 60_000), now];
    if (renewals.length > RENEWALS) return fail(new Error('token'));
    try {
      if (!playback) return;
      const answer = await ask(playback.session);
      if (mine === round && playback) use({ ...playback, ...answer });
    } catch (error) {
      if (mine !== round) return;
      if (isApiError(error) && error.code === 'playback_replaced') return replaced();
      // Slept too long, or the server has forgotten: a new session goes on in the same place.
      try {
        const granted = await grant();
        if (mine === round) use(granted);
      } catch (refusal) {
        if (mine === round) fail(refusal);
      }
    }
  }

  const ask = (session: string) =>
    body(
      api.POST('/playback/{session}/heartbeat', {
        params: { path: { session } },
        body: { position_s: video?.currentTime ?? 0 },
      }),
    );

  async function heartbeat(every: number) {
    const mine = round;
    if (!playback) return;
    try {
      const answer = await ask(playback.session);
      if (mine !== round || !playback) return;
      const grew = playback.growing && !answer.growing;
      use({ ...playback, ...answer });
      // The address that the browser plays would run out before the next beat.
      if (nativeUntil !== undefined && nativeUntil - Date.now() < 1.5 * every) swapNative();
      if (grew && answer.duration_s) set({ duration: answer.duration_s });
    } catch (error) {
      if (mine !== round || !isApiError(error)) return;
      if (error.code === 'playback_replaced') replaced();
      else if (error.status === 410 || error.status === 404) await renew();
      // Anything else: the token outlives ten beats, and the next one tries again.
    }
  }

  /** From the first picture on: until then the link has other things to bring. */
  function listenForEnd() {
    const session = view.begun ? playback?.session : undefined;
    if (heard?.session === session) return;
    heard?.leave();
    heard = session === undefined ? undefined : { session, leave: hearEnd(session, over) };
  }

  /** The server says that the session has ended, before the next heartbeat would. */
  function over(reason?: string) {
    if (view.stage !== 'ready' && view.stage !== 'starting') return;
    if (reason === 'replaced') replaced();
    // Whether it may go on, or why not, is asked for as after a heartbeat that was refused.
    else void renew();
  }

  function replaced() {
    reporter.failed('playback_replaced');
    video?.pause();
    hls?.stopLoad();
    clearInterval(beat);
    set({ stage: 'replaced', stalled: false });
  }

  function play() {
    // The browser may want a click first; the button is there.
    void video?.play()?.catch(() => undefined);
  }

  const watchElement = (element: HTMLVideoElement) => {
    const progress = () => {
      const ranges: [number, number][] = [];
      for (let index = 0; index < element.buffered.length; index++) {
        ranges.push([element.buffered.start(index), element.buffered.end(index)]);
      }
      set({ buffered: ranges });
    };
    const length = () => {
      const known = playback?.duration_s;
      // The sound alone may end a moment before the picture: the length stays that of the lesson.
      const whole = Number.isFinite(element.duration) && !playback?.growing && !(soundOnly && known);
      if (whole) set({ duration: element.duration });
      else if (known) set({ duration: known });
    };
    const hear: Record<string, () => void> = {
      play: () => set({ playing: true, ended: false }),
      playing: () => {
        if (nativeUntil !== undefined) lost = 0;
        swapped = false;
        reporter.shown();
        set({ begun: true, playing: true, stalled: false, ended: false });
        listenForEnd();
      },
      pause: () => {
        // A wait that is given up is over.
        if (view.begun) reporter.shown();
        reporter.paused();
        set({ playing: false });
      },
      waiting: () => {
        if (view.begun && !swapped && !element.seeking && !element.paused) reporter.stalled();
        set({ stalled: true });
      },
      canplay: () => set({ stalled: false }),
      seeked: () => set({ stalled: false, time: element.currentTime }),
      seeking: () => set({ time: element.currentTime, ended: false }),
      // An element whose source has just been taken away says 0: the place is kept.
      timeupdate: () => {
        if (element.readyState > 0) set({ time: element.currentTime });
      },
      progress,
      durationchange: length,
      ratechange: () => set({ rate: element.playbackRate }),
      volumechange: () => set({ volume: element.volume, muted: element.muted }),
      // A video that is still being made has no end yet: it waits for more.
      ended: () => set(playback?.growing ? { stalled: true } : { playing: false, ended: true }),
      resize: () => {
        if (!hls) set({ height: Math.min(element.videoWidth, element.videoHeight) });
      },
      error: () => {
        if (nativeUntil !== undefined && element.error) troubleNative(element.error);
      },
    };
    for (const [name, hearer] of Object.entries(hear)) element.addEventListener(name, hearer);
    return () => {
      for (const [name, hearer] of Object.entries(hear)) element.removeEventListener(name, hearer);
    };
  };

  /** What was lost with the network comes back with it, at once. */
  function online() {
    if (view.stage === 'failed' && !(isApiError(view.error) && view.error.status > 0)) {
      void start(view.time > 0 ? view.time : undefined, same());
    } else if (view.stage === 'ready' && lost > 0) {
      lost = 0;
      clearTimeout(again);
      hls?.startLoad();
    }
  }
  const hidden = () => {
    if (document.visibilityState === 'hidden') reporter.last();
  };

  /** The page goes. If it is kept for Back, it comes back as it was before the first press, at the same place. */
  function leave(event: PageTransitionEvent) {
    end(true);
    if (!event.persisted) return;
    round++;
    video?.pause();
    set({ ...atRest, duration: view.duration, time: view.time, ...remembered() });
  }

  return {
    view: () => view,
    captions,
    listen(hear: () => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    element: () => video,
    attach(element: HTMLVideoElement): () => void {
      video = element;
      element.volume = view.volume;
      element.muted = view.muted;
      element.defaultPlaybackRate = view.rate;
      element.playbackRate = view.rate;
      const stop = watchElement(element);
      addEventListener('pagehide', leave);
      addEventListener('online', online);
      document.addEventListener('visibilitychange', hidden);
      detach = () => {
        stop();
        removeEventListener('pagehide', leave);
        removeEventListener('online', online);
        document.removeEventListener('visibilitychange', hidden);
        round++;
        end(true);
        captions.forget();
        video = undefined;
        detach = undefined;
        set({ ...atRest, duration: length, time: at, ...remembered() });
      };
      return () => detach?.();
    },
    start,
    /** Starts again where it stands, after a failure or on this device. */
    restart: (height = same()) => start(view.time > 0 ? view.time : undefined, height),
    toggle() {
      if (view.stage === 'idle') return void start(view.time > 0 ? view.time : undefined);
      if (!video || view.stage !== 'ready') return;
      if (view.ended) video.currentTime = 0;
      if (video.paused) play();
      else video.pause();
    },
    pause: () => video?.pause(),
    seek(to: number) {
      if (!video || view.stage !== 'ready') return;
      const seekable =
        video.seekable.length > 0 ? video.seekable.end(video.seekable.length - 1) : view.duration;
      const last = Math.max(0, Math.min(view.duration || seekable, seekable));
      video.currentTime = Math.max(0, Math.min(last, to));
    },
    setRate(rate: number) {
      keepPrefs({ rate });
      if (video) {
        video.defaultPlaybackRate = rate;
        video.playbackRate = rate;
      }
      set({ rate });
    },
    setVolume(volume: number) {
      const level = Math.max(0, Math.min(1, volume));
      keepPrefs({ volume: level, muted: level === 0 });
      if (!video) return;
      video.volume = level;
      video.muted = level === 0;
    },
    toggleMute() {
      if (!video) return;
      video.muted = !video.muted;
      if (!video.muted && video.volume === 0) video.volume = 0.5;
      keepPrefs({ muted: video.muted, volume: video.volume });
    },
    /** -1 leaves the choice to the player, `SOUND` leaves the picture away. */
    choose(index: number) {
      if (!hls || !video || view.stage !== 'ready') return;
      wanted = view.rungs.find((rung) => rung.index === index)?.height;
      if (soundOnly !== (index === SOUND)) return swap(view.time, !video.paused);
      if (soundOnly) return;
      hls.nextLevel = index;
      set({ chosen: index });
    },
  };
}

const remembered = () => {
  const { rate, volume, muted } = readPrefs();
  return { rate, volume, muted };
};
