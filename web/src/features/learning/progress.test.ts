// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '~/features/video/engine';

type Report = { position_s: number; watched: [number, number][] };

const reports: Report[] = [];
let answer: () => Response | Promise<Response>;
const taken = () =>
  new Response(JSON.stringify({ percent: 10, mark: 'in_progress', course_percent: 1 }), {
    headers: { 'content-type': 'application/json' },
  });
vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
  const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
  reports.push((await request.json()) as Report);
  return answer();
});
location.href = 'http://localhost:3000/';
const { session } = await import('~/api/client');
const { followProgress } = await import('./progress');

/** A video that plays: `play` moves it on as its clock does. */
function playing() {
  const element = document.createElement('video');
  const state = { currentTime: 0, paused: false, seeking: false, ended: false, readyState: 4 };
  for (const [name, value] of Object.entries(state)) {
    Object.defineProperty(element, name, { value, writable: true, configurable: true });
  }
  Object.defineProperty(element, 'playbackRate', { value: 1 });
  const engine = { element: () => element, view: () => ({ stage: 'ready' }) } as unknown as Engine;
  const play = (seconds: number) => {
    element.dispatchEvent(new Event('playing'));
    for (let step = 0; step < seconds * 4; step++) {
      vi.advanceTimersByTime(250);
      element.currentTime += 0.25;
      element.dispatchEvent(new Event('timeupdate'));
    }
  };
  return { engine, play };
}
const hide = () => {
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
};

let stop: () => void = () => {};
beforeEach(() => {
  vi.useFakeTimers();
  reports.length = 0;
  answer = taken;
  session.accept({ access_token: 'a', expires_in: 600, user: { id: 'u' } });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});
const settled = () => vi.advanceTimersByTimeAsync(0);

/** LRN-01 */
describe('what was watched', () => {
  it('is reported when the page is hidden', async () => {
    const { engine, play } = playing();
    stop = followProgress(engine, 'c', 'l', { reported: () => {}, lost: () => {} });
    play(5);
    hide();
    await settled();
    expect(reports).toEqual([{ position_s: 5, watched: [[0, 5]] }]);
  });

  for (const [what, refusal] of [
    ['does not arrive', () => Promise.reject(new TypeError('no network'))],
    ['is refused', () => new Response('{}', { status: 503 })],
  ] as const) {
    it(`is kept when a hidden page's report ${what}`, async () => {
      const { engine, play } = playing();
      stop = followProgress(engine, 'c', 'l', { reported: () => {}, lost: () => {} });
      play(5);
      answer = refusal;
      hide();
      await settled();
      answer = taken;
      hide();
      await settled();
      expect(reports).toHaveLength(2);
      expect(reports[1]).toEqual({ position_s: 5, watched: [[0, 5]] });
      hide();
      await settled();
      expect(reports).toHaveLength(2);
    });
  }
});
