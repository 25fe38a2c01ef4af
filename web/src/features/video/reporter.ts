// Follows one viewing and tells the server what it was like: each minute, on pause, and with a last word when the page
// or the session goes. Reports are totals, so that one that is lost costs nothing.

import { api, apiBase } from '~/api/client';
import {
  compact,
  failedWith,
  type Look,
  looked,
  nothingSeen,
  pressed,
  reportOf,
  shown,
  stalled,
  worthTelling,
} from './viewing';

const LOOK = 1_000;
const REPORT = 60_000;

export function createReporter(look: () => Omit<Look, 'now'>) {
  let viewing = nothingSeen;
  let session: string | undefined;
  let told = '';
  let looks: ReturnType<typeof setInterval> | undefined;
  let reports: ReturnType<typeof setInterval> | undefined;
  const now = () => performance.now();

  const step = () => {
    viewing = compact(looked(viewing, { ...look(), now: now() }));
  };

  /** `last`: the page may be gone before there is an answer. */
  function tell(last: boolean) {
    if (!session) return;
    step();
    const report = reportOf(viewing, now());
    const text = JSON.stringify(report);
    if (!worthTelling(report) || text === told) return;
    // A string goes as text/plain, which needs no leave of the browser.
    if (last && navigator.sendBeacon?.(`${apiBase}/playback/${session}/report`, text)) {
      told = text;
      return;
    }
    api.POST('/playback/{session}/report', { params: { path: { session } }, body: report }).then(
      () => {
        told = text;
      },
      // The next one holds it too.
      () => undefined,
    );
  }

  function close() {
    tell(true);
    clearInterval(looks);
    clearInterval(reports);
    session = undefined;
    told = '';
    viewing = nothingSeen;
  }

  return {
    pressed() {
      viewing = pressed(viewing, now());
    },
    /** Another session is another viewing. What was pressed for it counts for it. */
    open(next: string) {
      if (session === next) return;
      const { pressedAt } = viewing;
      if (session) close();
      viewing = { ...viewing, pressedAt };
      session = next;
      clearInterval(looks);
      clearInterval(reports);
      looks = setInterval(step, LOOK);
      reports = setInterval(() => tell(false), REPORT);
    },
    step,
    shown() {
      viewing = shown(viewing, now());
    },
    stalled() {
      viewing = stalled(viewing, now());
    },
    failed(code: string) {
      viewing = failedWith(viewing, code);
    },
    paused: () => tell(false),
    /** The page is hidden or goes, and may come back. */
    last: () => tell(true),
    close,
  };
}
