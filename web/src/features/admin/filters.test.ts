import { expect, it } from 'vitest';
import { deedsFor, isAdmin, statesOf } from './filters';

/** JOB-02 */
it('offers only what can be done in a state', () => {
  const deeds = (state: string, priority = 'normal') => deedsFor({ state, priority });
  expect(deeds('queued')).toEqual(['first', 'cancel']);
  expect(deeds('queued', 'first')).toEqual(['cancel']);
  expect(deeds('transcoding')).toEqual(['cancel']);
  expect(deeds('failed')).toEqual(['retry']);
  expect(deeds('ready')).toEqual([]);
  expect(deeds('uploading')).toEqual([]);
});

it('asks the server for the states that a filter means', () => {
  expect(statesOf('all')).toBeUndefined();
  expect(statesOf('running')).toBe('probing,transcoding');
});

it('is for admins only', () => {
  expect(isAdmin(['student', 'admin'])).toBe(true);
  expect(isAdmin(['student', 'moderator'])).toBe(false);
  expect(isAdmin(undefined)).toBe(false);
});
