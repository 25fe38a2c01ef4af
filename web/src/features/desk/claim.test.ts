import { beforeEach, expect, it } from 'vitest';
import { ApiError } from '~/api/error';
import { AGAIN, type Claim, type ClaimState, RENEW, SETTLE, startClaim } from './claim';

let calls: string[];
let seen: ClaimState[];
let timers: { work: () => void; milliseconds: number }[];
let answer: () => Promise<unknown>;

const say = (name: string) => {
  calls.push(name);
  return answer();
};
const start = (): Claim =>
  startClaim({
    claim: () => say('claim'),
    renew: () => say('renew'),
    release: () => {
      calls.push('release');
      return Promise.resolve();
    },
    later: (work, milliseconds) => {
      const timer = { work, milliseconds };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    changed: (state) => seen.push(state),
  });

/** The timer that is due next, and all that follows from it at once. */
async function pass(expected: number) {
  const timer = timers.shift();
  expect(timer?.milliseconds).toBe(expected);
  timer?.work();
  await new Promise((resolve) => setImmediate(resolve));
}
const taken = () =>
  Promise.reject(
    new ApiError({ status: 409, code: 'claimed', more: { claimed_by: { id: 'k', name: 'Кира' } } }),
  );

beforeEach(() => {
  calls = [];
  seen = [];
  timers = [];
  answer = () => Promise.resolve();
});

it('claims nothing while one leafs through the queue', () => {
  start().end();
  expect(timers).toEqual([]);
  expect(calls).toEqual([]);
});

it('claims what stays open, renews it, and gives it back on leaving', async () => {
  const claim = start();
  await pass(SETTLE);
  expect(seen.at(-1)).toEqual({ phase: 'mine' });
  await pass(RENEW);
  await pass(RENEW);
  claim.end();
  expect(calls).toEqual(['claim', 'renew', 'renew', 'release']);
  expect(timers).toEqual([]);
});

it('gives back what was granted after one has left', async () => {
  const claim = start();
  timers.shift()?.work();
  claim.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toEqual(['claim', 'release']);
  expect(seen).toEqual([{ phase: 'asking' }]);
});

it('says who has it, and tries again later', async () => {
  answer = taken;
  start();
  await pass(SETTLE);
  expect(seen.at(-1)).toEqual({ phase: 'theirs', by: { id: 'k', name: 'Кира' } });
  answer = () => Promise.resolve();
  await pass(AGAIN);
  expect(seen.at(-1)).toEqual({ phase: 'mine' });
});

it('notices that another took it when its own lapsed', async () => {
  const claim = start();
  await pass(SETTLE);
  answer = taken;
  await pass(RENEW);
  expect(seen.at(-1)).toMatchObject({ phase: 'theirs' });
  claim.end();
  expect(calls).not.toContain('release');
});

it('does not ask again where it may not', async () => {
  answer = () => Promise.reject(new ApiError({ status: 403, code: 'forbidden' }));
  start();
  await pass(SETTLE);
  expect(seen.at(-1)).toMatchObject({ phase: 'failed' });
  expect(timers).toEqual([]);
});

it('gives nothing back after it was solved', async () => {
  const claim = start();
  await pass(SETTLE);
  claim.end(false);
  expect(calls).toEqual(['claim']);
});
