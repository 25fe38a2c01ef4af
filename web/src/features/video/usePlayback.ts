// Plays a protected stream in a <video>: asks for a playback session, feeds it to hls.js (or to the browser's own HLS),
// renews the token by a heartbeat, and closes the session when the page leaves.

import type Hls from 'hls.js';
import hlsWorker from 'hls.js/dist/hls.worker.js?url';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { api, body, type Schemas } from '~/api/client';

export type Playback = Schemas['Playback'];
export type Stage = 'idle' | 'starting' | 'ready' | 'failed';

const HEARTBEAT = 60_000;

/** The token is a segment of the path: `/m/<token>/<video>/…`. Playlists keep the old one; requests get the newest. */
export function withToken(url: string, master: string): string {
  const fresh = /\/m\/([^/]+)\//.exec(master)?.[1];
  return fresh ? url.replace(/\/m\/[^/]+\//, `/m/${fresh}/`) : url;
}

export function usePlayback<P extends Playback>(
  video: RefObject<HTMLVideoElement | null>,
  grant: () => Promise<P>,
) {
  const [stage, setStage] = useState<Stage>('idle');
  const [error, setError] = useState<unknown>(undefined);
  const [playback, setPlayback] = useState<P | undefined>(undefined);
  const hls = useRef<Hls | undefined>(undefined);
  const live = useRef<P | undefined>(undefined);

  const stop = useCallback(() => {
    hls.current?.destroy();
    hls.current = undefined;
    const session = live.current?.session;
    live.current = undefined;
    if (session) {
      void api.DELETE('/playback/{session}', { params: { path: { session } } }).catch(() => undefined);
    }
  }, []);

  const fail = useCallback((cause: unknown) => {
    setError(cause);
    setStage('failed');
  }, []);

  /** Starts, or starts again after a failure. Resolves when the stream is attached. */
  const start = useCallback(async () => {
    stop();
    setStage('starting');
    setError(undefined);
    try {
      const granted = await grant();
      live.current = granted;
      setPlayback(granted);
      const element = video.current;
      if (!element) return;
      const { default: Engine } = await import('hls.js');
      if (!Engine.isSupported()) {
        element.src = granted.master_url;
        setStage('ready');
        return;
      }
      const engine = new Engine({
        workerPath: hlsWorker,
        xhrSetup: (request, url) => {
          const current = live.current;
          if (current) request.open('GET', withToken(url, current.master_url), true);
        },
      });
      engine.on(Engine.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        if (data.type === Engine.ErrorTypes.MEDIA_ERROR && engine.recoverMediaError)
          engine.recoverMediaError();
        else fail(data.error);
      });
      engine.on(Engine.Events.MANIFEST_PARSED, () => setStage('ready'));
      hls.current = engine;
      engine.loadSource(granted.master_url);
      engine.attachMedia(element);
    } catch (cause) {
      fail(cause);
    }
  }, [grant, stop, fail, video]);

  useEffect(() => {
    if (stage !== 'ready') return;
    const timer = setInterval(() => {
      const current = live.current;
      const element = video.current;
      if (!current || !element) return;
      void body(
        api.POST('/playback/{session}/heartbeat', {
          params: { path: { session: current.session } },
          body: { position_s: element.currentTime },
        }),
      ).then(
        (renewed) => {
          if (live.current) live.current = { ...live.current, ...renewed };
        },
        // A missed beat is no failure yet: the token outlives ten of them, and the next one tries again.
        () => undefined,
      );
    }, HEARTBEAT);
    return () => clearInterval(timer);
  }, [stage, video]);

  useEffect(() => stop, [stop]);

  return { stage, error, playback, hls, start, stop };
}
