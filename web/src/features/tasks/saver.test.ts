import { describe, expect, it } from 'vitest';
import { createSaver, EVERY } from './saver';

function bench() {
  const calls: string[] = [];
  const timers: { work: () => void; milliseconds: number; gone: boolean }[] = [];
  let answer: (() => void) | undefined;
  let refuse: (() => void) | undefined;
  const saver = createSaver<string>({
    now: () => 42,
    later: (work, milliseconds) => {
      const timer = { work, milliseconds, gone: false };
      timers.push(timer);
      return () => {
        timer.gone = true;
      };
    },
    save: (value) => {
      calls.push(value);
      return new Promise((resolve, reject) => {
        answer = resolve;
        refuse = () => reject(new Error('no link'));
      });
    },
  });
  const settle = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
  return {
    saver,
    calls,
    timers,
    tick: () => {
      const timer = timers.find(({ gone }) => !gone);
      if (!timer) return;
      timer.gone = true;
      timer.work();
    },
    yes: async () => {
      answer?.();
      await settle();
    },
    no: async () => {
      refuse?.();
      await settle();
    },
  };
}

describe('the draft of an answer', () => {
  it('is sent five seconds after the first key, once, with the newest words', async () => {
    const { saver, calls, timers, tick, yes } = bench();
    saver.set('a');
    saver.set('ab');
    expect(timers.map((timer) => timer.milliseconds)).toEqual([EVERY]);
    expect(saver.view().status).toBe('waiting');
    tick();
    await yes();
    expect(calls).toEqual(['ab']);
    expect(saver.view()).toEqual({ status: 'saved', at: 42 });
  });

  it('goes at once when the field is left, and what is typed meanwhile follows', async () => {
    const { saver, calls, tick, yes } = bench();
    saver.set('a');
    void saver.flush();
    saver.set('ab');
    void saver.flush();
    expect(calls).toEqual(['a']);
    await yes();
    expect(saver.view().status).toBe('waiting');
    tick();
    expect(calls).toEqual(['a', 'ab']);
    await yes();
    expect(saver.view().status).toBe('saved');
  });

  it('is tried again after a dead link, and never in place of newer words', async () => {
    const { saver, calls, tick, no, yes } = bench();
    saver.set('a');
    void saver.flush();
    await no();
    expect(saver.view().status).toBe('offline');
    tick();
    await yes();
    expect(calls).toEqual(['a', 'a']);
    expect(saver.view().status).toBe('saved');
  });

  it('says nothing of a save that was under way when the answer was handed in', async () => {
    const { saver, yes } = bench();
    saver.set('a');
    void saver.flush();
    saver.drop();
    await yes();
    expect(saver.view()).toEqual({ status: 'clean', at: undefined });
  });

  it('is forgotten when the answer was handed in', () => {
    const { saver, calls, tick } = bench();
    saver.set('a');
    saver.drop();
    tick();
    expect(calls).toEqual([]);
    expect(saver.view().status).toBe('clean');
  });
});
