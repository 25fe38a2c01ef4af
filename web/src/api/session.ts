// The access token and its renewal. The token lives in this module's memory only (never in web storage); the refresh
// token is an HttpOnly cookie that scripts cannot see. All tabs share one renewal: a lock lets one tab ask, and a
// broadcast hands the fresh token to the others.

import { type ApiError, networkError, problemOf } from './error';

export type SignedInAnswer = { access_token: string; expires_in: number; user: unknown };

type Token = { value: string; expiresAt: number; renewAt: number };

type Note = { kind: 'token'; value: string; lifeSeconds: number; user: unknown } | { kind: 'signed-out' };

export type SessionEvent = { kind: 'signed-in'; user: unknown; here: boolean } | { kind: 'signed-out' };

/** What the session needs from the browser, so that tests can stand in for it. */
export type SessionPorts = {
  fetch: (input: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  random: () => number;
  /** Runs `work` while no other tab runs under the same lock. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  channel: { post: (note: Note) => void; listen: (hear: (note: Note) => void) => void };
  /** Remembers whether the last known state was signed in; no secret. `null` when nothing is known. */
  hint: { read: () => string | null; write: (value: '1' | '0') => void };
  later: (work: () => void, milliseconds: number) => () => void;
};

/** Below this remaining life a token is renewed before it is used, in milliseconds. */
const SPARE = 5_000;
/** Part of the token's life after which it is renewed in the background. */
const RENEW_AT = 0.8;

export type Session = ReturnType<typeof createSession>;

export function createSession(ports: SessionPorts) {
  let token: Token | undefined;
  let running: Promise<string | undefined> | undefined;
  let cancelTimer: (() => void) | undefined;
  const hearers = new Set<(event: SessionEvent) => void>();

  const tell = (event: SessionEvent) => {
    for (const hear of hearers) hear(event);
  };

  function keep(value: string, lifeSeconds: number) {
    const life = lifeSeconds * 1000;
    const jitter = 0.9 + ports.random() * 0.1;
    token = { value, expiresAt: ports.now() + life, renewAt: ports.now() + life * RENEW_AT * jitter };
    ports.hint.write('1');
    cancelTimer?.();
    cancelTimer = ports.later(() => void renew().catch(() => undefined), token.renewAt - ports.now());
  }

  function forget() {
    token = undefined;
    cancelTimer?.();
    cancelTimer = undefined;
    ports.hint.write('0');
  }

  ports.channel.listen((note) => {
    if (note.kind === 'token') {
      const known = token !== undefined;
      keep(note.value, note.lifeSeconds);
      if (!known) tell({ kind: 'signed-in', user: note.user, here: false });
    } else if (token || ports.hint.read() !== '0') {
      forget();
      tell({ kind: 'signed-out' });
    }
  });

  const fresh = () => (token && token.expiresAt - ports.now() > SPARE ? token.value : undefined);

  /** Takes over the answer of sign-in, verification or refresh, and shares it with the other tabs. */
  function accept(answer: SignedInAnswer) {
    keep(answer.access_token, answer.expires_in);
    ports.channel.post({
      kind: 'token',
      value: answer.access_token,
      lifeSeconds: answer.expires_in,
      user: answer.user,
    });
    tell({ kind: 'signed-in', user: answer.user, here: true });
  }

  function end() {
    forget();
    ports.channel.post({ kind: 'signed-out' });
    tell({ kind: 'signed-out' });
  }

  /**
   * Renews the access token by the cookie. Resolves with the token, or with nothing when the session has ended.
   * Rejects with an `ApiError` when the server cannot be reached or is busy: the session may well be alive then.
   */
  function renew(stale?: string): Promise<string | undefined> {
    running ??= renewOnce(stale).finally(() => {
      running = undefined;
    });
    return running;
  }

  async function renewOnce(stale: string | undefined): Promise<string | undefined> {
    const before = stale ?? token?.value;
    return ports.exclusively(async () => {
      // Another tab may have renewed it while this one stood in the queue for the lock.
      const now = fresh();
      if (now && now !== before) return now;
      const response = await ports
        .fetch('/api/v1/auth/refresh', {
          method: 'POST',
          credentials: 'same-origin',
          headers: { 'content-type': 'application/json', 'x-ilm-request': '1' },
          body: '{}',
        })
        .catch((cause: unknown) => {
          throw networkError(cause);
        });
      if (response.ok) {
        const answer = (await response.json()) as SignedInAnswer;
        accept(answer);
        return answer.access_token;
      }
      const problem: ApiError = await problemOf(response);
      if (problem.status === 401) {
        end();
        return undefined;
      }
      throw problem;
    });
  }

  return {
    accept,
    end,
    renew,
    /**
     * The token to send now, renewed first when it is about to run out. Nothing for a guest. A page that has just been
     * opened waits here for the answer to "who am I", so that its first calls are made as the right person.
     */
    async current(): Promise<string | undefined> {
      const value = fresh();
      if (value) return value;
      if (token) return renew();
      if (ports.hint.read() === '0') return undefined;
      // Public pages must open even when the renewal is refused for the moment.
      return renew().catch(() => undefined);
    },
    /** Whether the last that this browser knows is that somebody is signed in; the server may say otherwise. */
    expected: (): boolean => token !== undefined || ports.hint.read() === '1',
    /** Finds out at the start of the page whether somebody is signed in; asks nothing of a known guest. */
    async restore(): Promise<boolean> {
      if (token) return true;
      if (ports.hint.read() === '0') return false;
      return (await renew()) !== undefined;
    },
    listen(hear: (event: SessionEvent) => void): () => void {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
  };
}

/** The session of this tab, tied to the real browser. */
export function browserSession(): Session {
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('ilm-session');
  const hintKey = 'ilm.signed';
  return createSession({
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    random: () => Math.random(),
    exclusively: (work) => (navigator.locks ? navigator.locks.request('ilm-refresh', work) : work()),
    channel: {
      post: (note) => channel?.postMessage(note),
      listen: (hear) => channel?.addEventListener('message', (event) => hear(event.data as Note)),
    },
    hint: {
      read: () => storage(() => localStorage.getItem(hintKey)),
      write: (value) => storage(() => localStorage.setItem(hintKey, value)),
    },
    later: (work, milliseconds) => {
      const timer = setTimeout(work, Math.max(1_000, milliseconds));
      return () => clearTimeout(timer);
    },
  });
}

/** Web storage throws when the visitor has forbidden it; the app then works without the memory. */
function storage<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}
