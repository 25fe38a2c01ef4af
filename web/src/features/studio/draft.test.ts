import { beforeEach, describe, expect, it } from 'vitest';
import { ApiError } from '~/api/error';
import { createDraft, type Draft, type DraftPorts } from './draft';

type Fields = { title: string; body: string };
type Entity = Fields & { version: number };

let server: Entity;
let saves: { fields: Partial<Fields>; version: number }[];
let fail: ApiError | undefined;
let hold: Promise<void> | undefined;
let kept: { fields: Partial<Fields>; version: number } | undefined;
let shown: Entity | undefined;
let timers: { work: () => void; at: number }[];
let now: number;
let draft: Draft<Fields, Entity>;

const settle = async () => {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
};
async function pass(milliseconds: number) {
  now += milliseconds;
  for (const timer of timers.filter((item) => item.at <= now)) {
    timers.splice(timers.indexOf(timer), 1);
    timer.work();
    await settle();
  }
}
const ports: DraftPorts<Fields, Entity> = {
  save: async (fields, version) => {
    saves.push({ fields, version });
    if (hold) await hold;
    if (fail) throw fail;
    if (version !== server.version) throw new ApiError({ status: 412, code: 'precondition_failed' });
    server = { ...server, ...fields, version: server.version + 1 };
    return server;
  },
  versionOf: (entity) => entity.version,
  load: async () => server,
  show: (entity) => {
    shown = entity;
  },
  keep: (left) => {
    kept = left;
  },
  now: () => now,
  later: (work, milliseconds) => {
    const timer = { work, at: now + milliseconds };
    timers.push(timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  },
};

beforeEach(() => {
  server = { title: 'a', body: 'b', version: 1 };
  saves = [];
  fail = undefined;
  hold = undefined;
  kept = undefined;
  shown = undefined;
  timers = [];
  now = 0;
  draft = createDraft<Fields, Entity>(1, undefined, ports);
});

/** CRS-01 */
describe('autosave', () => {
  it('sends once after the typing has paused', async () => {
    draft.set({ title: 'x' });
    await pass(500);
    draft.set({ title: 'xy' });
    expect(kept).toEqual({ fields: { title: 'xy' }, version: 1 });
    await pass(799);
    expect(saves).toEqual([]);
    await pass(1);
    expect(saves).toEqual([{ fields: { title: 'xy' }, version: 1 }]);
    expect(draft.view().status).toBe('saved');
    expect(kept).toBeUndefined();
    expect(shown?.title).toBe('xy');
  });

  it('keeps what is typed while it saves and sends it next, against the new version', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    draft.set({ title: 'x' });
    await pass(800);
    draft.set({ title: 'y' });
    expect(draft.view().unsaved).toEqual({ title: 'y' });
    hold = undefined;
    release();
    await settle();
    expect(saves).toEqual([
      { fields: { title: 'x' }, version: 1 },
      { fields: { title: 'y' }, version: 2 },
    ]);
    expect(server.title).toBe('y');
  });

  it('is flushed only when the save under way and what was typed meanwhile are through', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    draft.set({ title: 'x' });
    await pass(800);
    draft.set({ body: 'typed while it saves' });
    let done = false;
    const flushed = draft.flush().then(() => {
      done = true;
    });
    await settle();
    expect(done).toBe(false);
    hold = undefined;
    release();
    await flushed;
    expect(server).toMatchObject({ title: 'x', body: 'typed while it saves', version: 3 });
    expect(draft.view().status).toBe('saved');
  });

  it('ends a flush that cannot be sent', async () => {
    fail = new ApiError({ status: 0, code: 'network' });
    draft.set({ title: 'x' });
    await draft.flush();
    expect(draft.view().status).toBe('offline');
    expect(saves.length).toBe(1);
  });

  it('does not go back to an older version that a late answer names', async () => {
    draft.set({ title: 'x' });
    await pass(800);
    draft.seen(1);
    draft.set({ title: 'y' });
    await pass(800);
    expect(saves.at(-1)).toEqual({ fields: { title: 'y' }, version: 2 });
    expect(draft.view().status).toBe('saved');
  });

  it('loses nothing on a dead link and goes on when it is back', async () => {
    fail = new ApiError({ status: 0, code: 'network' });
    draft.set({ title: 'x' });
    await pass(800);
    expect(draft.view().status).toBe('offline');
    draft.set({ body: 'z' });
    expect(kept).toEqual({ fields: { title: 'x', body: 'z' }, version: 1 });
    fail = undefined;
    await pass(1_000);
    expect(server).toMatchObject({ title: 'x', body: 'z' });
    expect(draft.view().status).toBe('saved');
  });

  it('asks when somebody else has changed it: mine over theirs, or theirs', async () => {
    server = { title: 'theirs', body: 'b', version: 2 };
    draft.set({ body: 'mine' });
    await pass(800);
    expect(draft.view().status).toBe('conflict');
    draft.set({ body: 'mine too' });
    await pass(5_000);
    expect(saves.length).toBe(1);
    await draft.keepMine();
    expect(server).toEqual({ title: 'theirs', body: 'mine too', version: 3 });

    server = { ...server, title: 'again', version: 9 };
    draft.set({ title: 'no' });
    await pass(800);
    await draft.takeTheirs();
    expect(draft.view()).toMatchObject({ status: 'saved', unsaved: {} });
    expect(shown?.title).toBe('again');
    draft.set({ title: 'yes' });
    await pass(800);
    expect(server.title).toBe('yes');
  });

  it('keeps a refused value and sends it again with the next change', async () => {
    fail = new ApiError({ status: 422, code: 'invalid' });
    draft.set({ title: '' });
    await pass(800);
    expect(draft.view().status).toBe('refused');
    expect(draft.view().unsaved).toEqual({ title: '' });
    fail = undefined;
    draft.set({ title: 'ok' });
    await pass(800);
    expect(server.title).toBe('ok');
  });

  it('goes on with what a closed browser left, unless the server has moved on', async () => {
    createDraft<Fields, Entity>(1, { fields: { title: 'left' }, version: 1 }, ports);
    await pass(0);
    expect(server.title).toBe('left');
    const late = createDraft<Fields, Entity>(5, { fields: { title: 'old' }, version: 2 }, ports);
    await pass(5_000);
    expect(late.view()).toMatchObject({ status: 'conflict', unsaved: { title: 'old' } });
  });
});
