import { describe, expect, it, vi } from 'vitest';
import { ApiError } from './error';
import { createSession, type SessionEvent, type SessionPorts } from './session';

type Note = Parameters<SessionPorts['channel']['post']>[0];

/** Several tabs of one browser: one lock, one channel, one hint, one server. */
function browser(server: () => Promise<Response>) {
  let clock = 1_000_000;
  let queue: Promise<unknown> = Promise.resolve();
  let hint: string | null = null;
  const tabs: { hear: (note: Note) => void }[] = [];
  const timers: { work: () => void; at: number }[] = [];
  const fetch = vi.fn(server);
  const open = () => {
    const me = { hear: (_note: Note) => {} };
    tabs.push(me);
    const session = createSession({
      fetch,
      now: () => clock,
      random: () => 1,
      exclusively: (work) => {
        const turn = queue.then(work);
        queue = turn.catch(() => undefined);
        return turn;
      },
      channel: {
        post: (note) => {
          for (const tab of tabs) if (tab !== me) tab.hear(note);
        },
        listen: (hear) => {
          me.hear = hear;
        },
      },
      hint: {
        read: () => hint,
        write: (value) => {
          hint = value;
        },
      },
      later: (work, milliseconds) => {
        const timer = { work, at: clock + milliseconds };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    });
    const events: SessionEvent[] = [];
    session.listen((event) => events.push(event));
    return { session, events };
  };
  return {
    open,
    fetch,
    timers,
    hint: () => hint,
    setHint: (value: string) => {
      hint = value;
    },
    pass: (milliseconds: number) => {
      clock += milliseconds;
    },
    clock: () => clock,
  };
}

const signedIn = (token: string) =>
  new Response(JSON.stringify({ access_token: token, expires_in: 600, user: { id: 'u1' } }), { status: 200 });
const ended = () => new Response(JSON.stringify({ code: 'session_ended' }), { status: 401 });

describe('the session of a tab', () => {
  it('asks nothing of the server for a guest who is known to be one', async () => {
    const world = browser(async () => ended());
    world.setHint('0');
    const tab = world.open();
    expect(await tab.session.restore()).toBe(false);
    expect(await tab.session.current()).toBeUndefined();
    expect(world.fetch).not.toHaveBeenCalled();
  });

  it('comes back after a reload through the cookie', async () => {
    const world = browser(async () => signedIn('t1'));
    const tab = world.open();
    expect(await tab.session.restore()).toBe(true);
    expect(await tab.session.current()).toBe('t1');
    expect(tab.events).toEqual([{ kind: 'signed-in', user: { id: 'u1' }, here: true }]);
  });

  it('renews once for many calls at the same time', async () => {
    let n = 0;
    const world = browser(async () => signedIn(`t${++n}`));
    const tab = world.open();
    await tab.session.restore();
    world.pass(599_000);
    const tokens = await Promise.all([tab.session.current(), tab.session.current(), tab.session.renew()]);
    expect(tokens).toEqual(['t2', 't2', 't2']);
    expect(world.fetch).toHaveBeenCalledTimes(2);
  });

  it('lets one tab renew and hands the token to the other', async () => {
    let n = 0;
    const world = browser(async () => signedIn(`t${++n}`));
    const one = world.open();
    const two = world.open();
    await one.session.restore();
    expect(await two.session.current()).toBe('t1');
    world.pass(599_000);
    expect(await Promise.all([one.session.renew('t1'), two.session.renew('t1')])).toEqual(['t2', 't2']);
    expect(world.fetch).toHaveBeenCalledTimes(2);
  });

  it('signs every tab out when the server says that the session has ended', async () => {
    const answers = [signedIn('t1'), ended()];
    const world = browser(async () => answers.shift() ?? ended());
    const one = world.open();
    const two = world.open();
    await one.session.restore();
    expect(await two.session.renew('t1')).toBeUndefined();
    expect(await one.session.current()).toBeUndefined();
    expect(one.events.at(-1)).toEqual({ kind: 'signed-out' });
    expect(world.hint()).toBe('0');
  });

  it('keeps the session when the link is down or the server is busy', async () => {
    const answers: (() => Promise<Response>)[] = [
      async () => signedIn('t1'),
      async () => {
        throw new TypeError('offline');
      },
      async () => new Response('', { status: 503, headers: { 'retry-after': '7' } }),
      async () => signedIn('t2'),
    ];
    const world = browser(() => (answers.shift() ?? (async () => ended()))());
    const tab = world.open();
    await tab.session.restore();
    world.pass(600_000);
    await expect(tab.session.current()).rejects.toMatchObject({ code: 'network', status: 0 });
    const busy = await tab.session.current().catch((error: unknown) => error);
    expect(busy).toBeInstanceOf(ApiError);
    expect(busy).toMatchObject({ status: 503, retryAfterSeconds: 7 });
    expect(await tab.session.current()).toBe('t2');
    expect(tab.events.some((event) => event.kind === 'signed-out')).toBe(false);
  });

  it('renews in the background at four fifths of the life', async () => {
    const world = browser(async () => signedIn('t1'));
    const tab = world.open();
    await tab.session.restore();
    expect(world.timers.map((timer) => timer.at - world.clock())).toEqual([480_000]);
  });
});
