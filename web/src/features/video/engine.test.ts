// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** The stream library as far as the engine uses it; `supported` is false on phones without Media Source. */
const lib = vi.hoisted(() => ({ supported: true, made: [] as FakeHls[] }));
class FakeHls {
  static Events = new Proxy({}, { get: (_, name) => name });
  static ErrorTypes = { NETWORK_ERROR: 'networkError', MEDIA_ERROR: 'mediaError' };
  static isSupported = () => lib.supported;
  levels = [{ width: 640, height: 360, bitrate: 1 }];
  bandwidthEstimate = 0;
  startLevel = -1;
  loadLevel = -1;
  hear = new Map<string, (event: string, data: unknown) => void>();
  startLoad = vi.fn();
  stopLoad = vi.fn();
  loadSource = vi.fn();
  attachMedia = vi.fn();
  destroy = vi.fn();
  constructor(readonly config: object) {
    lib.made.push(this);
  }
  on(event: string, hearer: (event: string, data: unknown) => void) {
    this.hear.set(event, hearer);
  }
  say(event: string, data: unknown = { audioTracks: [] }) {
    this.hear.get(event)?.(event, data);
  }
}
vi.mock('hls.js', () => ({ default: FakeHls }));
vi.mock('hls.js/dist/hls.worker.js?url', () => ({ default: '/worker.js' }));
/** The topics that are joined on the socket. */
type Ear = { frame: (frame: Record<string, unknown>) => void; refused: (error: { code: string }) => void };
const topics = vi.hoisted(() => new Map<string, Ear>());
vi.mock('~/live', () => ({
  live: {
    topic(name: string, handler: Ear) {
      topics.set(name, handler);
      return () => topics.delete(name);
    },
  },
}));

let beat: () => Response;
vi.stubGlobal('fetch', async () => beat());
const beacon = vi.fn<(url: string, text: string) => boolean>(() => true);
Object.defineProperty(navigator, 'sendBeacon', { value: beacon, configurable: true });
location.href = 'http://localhost:3000/';
const { session } = await import('~/api/client');
const { createEngine } = await import('./engine');
const { SOUND } = await import('./rungs');

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
let number = 0;
const granted = () => ({
  session: 's',
  master_url: `/m/t${++number}/v/master.m3u8`,
  expires_in: 600,
  growing: false,
  duration_s: 100,
  kind: 'video' as const,
  captions: [],
  chapters: [],
  storyboard: null,
});

/** An engine on an element whose `play` does as the browser would. */
function player() {
  const element = document.createElement('video');
  const state = { currentTime: 0, paused: true, readyState: 4, src: '' };
  for (const [name, value] of Object.entries(state)) {
    Object.defineProperty(element, name, { value, writable: true, configurable: true });
  }
  const own = element as { paused: boolean };
  element.play = vi.fn(async () => {
    own.paused = false;
  });
  element.pause = vi.fn(() => {
    own.paused = true;
  });
  const engine = createEngine(async () => granted());
  const detach = engine.attach(element);
  return { element, engine, detach, say: (name: string) => element.dispatchEvent(new Event(name)) };
}
const settled = () => vi.advanceTimersByTimeAsync(0);
const last = () => lib.made.at(-1) as FakeHls;

beforeEach(() => {
  vi.useFakeTimers();
  number = 0;
  lib.made.length = 0;
  lib.supported = true;
  topics.clear();
  beat = () => json(200, granted());
  session.accept({ access_token: 'a', expires_in: 600, user: { id: 'u' } });
});
afterEach(() => vi.useRealTimers());

/** MED-12 WEB-10 */
describe('the player', () => {
  it('asks the browser to play while the click still counts, and has begun with the first picture', async () => {
    const { element, engine, say } = player();
    void engine.start();
    expect(element.play).toHaveBeenCalledTimes(1);
    await settled();
    last().say('MANIFEST_PARSED');
    expect(engine.view()).toMatchObject({ stage: 'ready', begun: false });
    say('playing');
    expect(engine.view()).toMatchObject({ begun: true, playing: true });
  });

  it('renews a token that is no longer taken, and loads on', async () => {
    const { engine } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    last().say('ERROR', { response: { code: 403 } });
    await settled();
    expect(last().startLoad).toHaveBeenCalledTimes(1);
    expect(engine.view().playback?.master_url).toBe('/m/t2/v/master.m3u8');
  });

  /** MED-17 */
  it('starts again at its place when the signed address of a delivery network has run out', async () => {
    const { element, engine, say } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    say('playing');
    element.currentTime = 30;
    say('timeupdate');
    const frag = { url: 'https://edge.example/cdn/v/1/720p/4.m4s?Signature=old' };
    last().say('ERROR', { response: { code: 403 }, frag });
    await settled();
    expect(lib.made).toHaveLength(2);
    expect(last().loadSource).toHaveBeenCalledWith('/m/t2/v/master.m3u8');
  });

  it('loads no more when another device has taken over', async () => {
    const { engine } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    beat = () => json(409, { code: 'playback_replaced' });
    last().say('ERROR', { response: { code: 403 } });
    await settled();
    expect(engine.view().stage).toBe('replaced');
    expect(last().startLoad).not.toHaveBeenCalled();
  });

  describe('told by the socket that its session has ended', () => {
    const told = (reason: string) => topics.get('playback:s')?.frame({ t: 'playback_ended', reason });
    const watching = async () => {
      const made = player();
      await made.engine.start();
      last().say('MANIFEST_PARSED');
      // Until there is a picture the link has other things to bring.
      expect(topics.size).toBe(0);
      made.say('playing');
      expect([...topics.keys()]).toEqual(['playback:s']);
      return made;
    };

    it('stops at once for another device, and goes on here when asked', async () => {
      const { element, engine } = await watching();
      told('replaced');
      expect(engine.view().stage).toBe('replaced');
      expect(element.pause).toHaveBeenCalled();
      expect(last().stopLoad).toHaveBeenCalled();
      await engine.restart();
      last().say('MANIFEST_PARSED');
      expect(engine.view().stage).toBe('ready');
      expect(topics.size).toBe(1);
    });

    it('asks why when its right has ended', async () => {
      let refuse = false;
      const { engine } = await watching();
      beat = () => {
        refuse = true;
        return json(410, { code: 'playback_ended' });
      };
      told('access_lost');
      await settled();
      expect(refuse).toBe(true);
      // It may still be granted anew: then it goes on in a new session.
      expect(engine.view().playback?.master_url).toBe('/m/t2/v/master.m3u8');
    });

    it('asks at once when it ended while the socket was away', async () => {
      const { engine } = await watching();
      topics.get('playback:s')?.refused({ code: 'unavailable' });
      await settled();
      expect(engine.view().stage).toBe('ready');
      beat = () => json(410, { code: 'playback_replaced' });
      topics.get('playback:s')?.refused({ code: 'not_found' });
      await settled();
      expect(engine.view().stage).toBe('replaced');
    });

    it('listens no more when it is gone, nor for a guest', async () => {
      const { detach } = await watching();
      detach();
      expect(topics.size).toBe(0);
      session.end();
      const { engine, say } = player();
      await engine.start();
      say('playing');
      expect(topics.size).toBe(0);
    });
  });

  it('plays what is loaded while the link is lost', async () => {
    const { engine } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    last().say('ERROR', { fatal: true, type: 'networkError', error: new Error('lost') });
    expect(engine.view()).toMatchObject({ stage: 'ready', stalled: false });
    await vi.advanceTimersByTimeAsync(500);
    expect(last().startLoad).toHaveBeenCalledTimes(1);
  });

  /** MED-20 */
  it('tells what the viewing was like when the page goes, before the session is closed', async () => {
    const { element, engine, detach, say } = player();
    const starting = engine.start();
    await settled();
    await starting;
    last().say('MANIFEST_PARSED');
    await vi.advanceTimersByTimeAsync(700);
    say('playing');
    last().say('LEVEL_SWITCHED', { level: 0 });
    for (let second = 1; second <= 6; second++) {
      element.currentTime = second;
      await vi.advanceTimersByTimeAsync(1_000);
    }
    say('waiting');
    await vi.advanceTimersByTimeAsync(2_000);
    say('playing');
    beacon.mockClear();
    detach();
    expect(beacon).toHaveBeenCalledTimes(1);
    const [url, text] = beacon.mock.calls[0] ?? ['', '{}'];
    expect(url).toBe('/api/v1/playback/s/report');
    const report = JSON.parse(text);
    expect(report).toMatchObject({ stalls: 1, stall_ms: 2_000, errors: [] });
    expect(report.start_ms).toBeGreaterThanOrEqual(700);
    expect(report.rungs['360p']).toBeGreaterThan(4);
    expect(report.watched[0][1]).toBeGreaterThanOrEqual(5);
  });

  it('goes on when the network is back', async () => {
    const { engine, say } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    say('playing');
    for (let attempt = 0; attempt < 5; attempt++) {
      last().say('ERROR', { fatal: true, type: 'networkError', details: 'x', error: new Error('lost') });
      await vi.advanceTimersByTimeAsync(11_000);
    }
    expect(engine.view().stage).toBe('failed');
    dispatchEvent(new Event('online'));
    await settled();
    last().say('MANIFEST_PARSED');
    expect(engine.view().stage).toBe('ready');
  });

  it('starts with a lower rung when that was asked for', async () => {
    const { engine } = player();
    await engine.restart(480);
    last().levels = [
      { width: 1280, height: 720, bitrate: 3 },
      { width: 640, height: 360, bitrate: 1 },
    ];
    last().say('MANIFEST_PARSED');
    expect(last().loadLevel).toBe(1);
    expect(engine.view().chosen).toBe(1);
  });

  it('plays the sound alone by a playlist of its own, and the picture again, at one place', async () => {
    const { element, engine, say } = player();
    await engine.start();
    const parsed = { audioTracks: [{ url: 'http://localhost:3000/m/t1/v/a/audio.m3u8' }] };
    last().say('MANIFEST_PARSED', parsed);
    say('playing');
    expect(engine.view().rungs.map((rung) => rung.height)).toEqual([360, 0]);
    element.currentTime = 30;
    say('timeupdate');
    engine.choose(SOUND);
    expect(lib.made).toHaveLength(2);
    expect(last().loadSource).toHaveBeenCalledWith('http://localhost:3000/m/t1/v/a/audio.m3u8');
    expect(last().config).toMatchObject({ startPosition: 30 });
    vi.mocked(element.play).mockClear();
    last().say('MANIFEST_PARSED');
    expect(element.play).toHaveBeenCalledTimes(1);
    expect(engine.view()).toMatchObject({ stage: 'ready', chosen: SOUND, height: 0, begun: true });
    // A token that is renewed meanwhile is that of the sound.
    last().say('ERROR', { response: { code: 403 } });
    await settled();
    expect(last().startLoad).toHaveBeenCalledTimes(1);
    element.pause();
    engine.choose(-1);
    expect(last().loadSource).toHaveBeenCalledWith('/m/t2/v/master.m3u8');
    vi.mocked(element.play).mockClear();
    last().say('MANIFEST_PARSED', parsed);
    expect(element.play).not.toHaveBeenCalled();
    expect(engine.view()).toMatchObject({ stage: 'ready', chosen: -1, height: undefined });
  });

  it('keeps to the sound alone when it starts again after a failure', async () => {
    const { engine } = player();
    await engine.start(undefined, 0);
    last().say('MANIFEST_PARSED', { audioTracks: [{ url: '/m/t1/v/a/audio.m3u8' }] });
    last().say('MANIFEST_PARSED');
    expect(engine.view().chosen).toBe(SOUND);
    await engine.restart();
    last().say('MANIFEST_PARSED', { audioTracks: [{ url: '/m/t2/v/a/audio.m3u8' }] });
    expect(last().loadSource).toHaveBeenCalledWith('/m/t2/v/a/audio.m3u8');
  });

  it('offers no sound alone where there is nothing else, or none at all', async () => {
    const { engine } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    expect(engine.view().rungs.map((rung) => rung.height)).toEqual([360]);
    await engine.start();
    last().levels = [{ width: 0, height: 0, bitrate: 1 }];
    last().say('MANIFEST_PARSED', { audioTracks: [{ url: '/m/t2/v/a/audio.m3u8' }] });
    expect(engine.view().rungs).toEqual([]);
  });

  it('starts again at its place when the page comes back from the cache of Back', async () => {
    const { element, engine, say } = player();
    await engine.start();
    last().say('MANIFEST_PARSED');
    say('playing');
    element.currentTime = 42;
    say('timeupdate');
    const gone = new Event('pagehide');
    Object.defineProperty(gone, 'persisted', { value: true });
    dispatchEvent(gone);
    expect(engine.view()).toMatchObject({ stage: 'idle', begun: false, time: 42, duration: 100 });
    engine.toggle();
    await settled();
    expect(engine.view().stage).toBe('starting');
  });
});

describe('the player without Media Source', () => {
  const ready = async () => {
    lib.supported = false;
    const made = player();
    await made.engine.start(7);
    made.say('loadedmetadata');
    made.say('playing');
    return made;
  };

  it('is given a new address before the old one runs out, and goes on at its place', async () => {
    const { element, engine, say } = await ready();
    expect(element.currentTime).toBe(7);
    element.currentTime = 50;
    say('timeupdate');
    await vi.advanceTimersByTimeAsync(8 * 60_000);
    expect(element.src).toBe('/m/t1/v/master.m3u8');
    await vi.advanceTimersByTimeAsync(90_000);
    expect(element.src).not.toBe('/m/t1/v/master.m3u8');
    element.currentTime = 0;
    element.pause();
    say('loadedmetadata');
    expect(element.currentTime).toBe(50);
    expect(element.paused).toBe(false);
    expect(engine.view().stage).toBe('ready');
  });

  it('renews the address after an error, and stays paused if it was', async () => {
    const { element, engine, say } = await ready();
    element.pause();
    Object.defineProperty(element, 'error', { value: { code: 2, MEDIA_ERR_DECODE: 3 }, configurable: true });
    say('error');
    await vi.advanceTimersByTimeAsync(500);
    expect(element.src).toBe('/m/t2/v/master.m3u8');
    vi.mocked(element.play).mockClear();
    say('loadedmetadata');
    expect(element.play).not.toHaveBeenCalled();
    expect(engine.view().stage).toBe('ready');
  });

  it('ignores an address whose player is gone', async () => {
    lib.supported = false;
    const { element, engine, detach, say } = player();
    await engine.start(7);
    detach();
    say('loadedmetadata');
    expect(element.currentTime).toBe(0);
    expect(engine.view().stage).toBe('idle');
  });
});
