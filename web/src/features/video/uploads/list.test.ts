import { describe, expect, it } from 'vitest';
import { ApiError } from '~/api/error';
import {
  mayRetry,
  meanSpeed,
  needsPage,
  nextUp,
  overall,
  passes,
  pauseOf,
  restored,
  sameFile,
  toKeep,
  type UploadItem,
} from './list';

const item = (key: string, more: Partial<UploadItem> = {}): UploadItem => ({
  key,
  target: { kind: 'lesson', courseId: 'c', lessonId: key },
  name: `${key}.mp4`,
  size: 100,
  modified: 1,
  state: 'waiting',
  sent: 0,
  speed: 0,
  ...more,
});

/** MED-19 TCH-09 */
describe('the list of uploads', () => {
  it('lets two files go at once, in order', () => {
    const items = [item('a', { state: 'uploading' }), item('b'), item('c'), item('d', { state: 'paused' })];
    expect(nextUp(items).map(({ key }) => key)).toEqual(['b']);
    expect(nextUp(items.slice(1)).map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('keeps what can go on after the browser was closed', () => {
    const items = [
      item('a', { state: 'uploading', uploadId: 'u1', sent: 31 }),
      item('b'),
      item('c', { state: 'done', uploadId: 'u3' }),
      item('d', {
        state: 'failed',
        uploadId: 'u4',
        error: new ApiError({ status: 413, code: 'too_large' }),
      }),
    ];
    const kept = JSON.parse(JSON.stringify(toKeep(items)));
    expect(kept.map(({ key }: UploadItem) => key)).toEqual(['a']);
    const back = restored(kept, [{ id: 'u1', offset: 40 }]);
    expect(back).toEqual([item('a', { state: 'file', uploadId: 'u1', attached: false, sent: 40 })]);
    expect(restored(kept, [])).toEqual([]);
    expect(restored([{}, { key: 'x' }], [{ id: 'u1', offset: 0 }])).toEqual([]);
  });

  it('keeps what was refused for a reason that may pass: its bytes are on the server', () => {
    const error = new ApiError({ status: 403, code: 'forbidden' });
    expect(toKeep([item('a', { state: 'failed', uploadId: 'u1', sent: 31, error })])).toHaveLength(1);
  });

  it('waits through what passes by itself, as long as the server asks', () => {
    for (const status of [0, 408, 409, 423, 429, 460, 500, 502, 503]) expect(passes(status)).toBe(true);
    for (const status of [400, 401, 403, 404, 410, 412, 413, 415, 422]) expect(passes(status)).toBe(false);
    expect(pauseOf(undefined, 15_000)).toBe(15_000);
    expect(pauseOf(1, 15_000)).toBe(15_000);
    expect(pauseOf(120, 15_000)).toBe(120_000);
    expect(pauseOf(86_400, 15_000)).toBe(600_000);
  });

  it('tries the same file again unless it is the file that is refused', () => {
    expect(mayRetry(new ApiError({ status: 401, code: 'session_ended' }))).toBe(true);
    expect(mayRetry(new ApiError({ status: 413, code: 'quota_exceeded' }))).toBe(true);
    expect(mayRetry(new ApiError({ status: 415, code: 'file_type' }))).toBe(false);
  });

  it('needs the page while bytes are still to leave this browser', () => {
    const needing = (['waiting', 'uploading', 'offline', 'paused', 'file', 'failed', 'done'] as const).filter(
      (state) => needsPage(item('a', { state })),
    );
    expect(needing).toEqual(['waiting', 'uploading', 'offline']);
  });

  it('knows the same file again, and another one of the same name', () => {
    const known = { name: 'Ўзбек й.mp4', size: 100 };
    expect(sameFile(known, { name: 'Ўзбек й.mp4'.normalize('NFD'), size: 100 })).toBe(true);
    expect(sameFile(known, { name: 'Ўзбек й.mp4', size: 101 })).toBe(false);
  });

  it('smooths the speed', () => {
    expect(meanSpeed(0, 500, 500)).toBe(1000);
    const slower = meanSpeed(1000, 0, 1000);
    expect(slower).toBeGreaterThan(700);
    expect(slower).toBeLessThan(1000);
    expect(meanSpeed(10, 5, 0)).toBe(10);
  });

  it('sums up for the header', () => {
    expect(overall([])).toEqual({ count: 0, percent: 0, stuck: false });
    const items = [
      item('a', { state: 'uploading', sent: 50 }),
      item('b', { sent: 0 }),
      item('c', { state: 'done', sent: 100 }),
    ];
    expect(overall(items)).toEqual({ count: 2, percent: 25, stuck: false });
    expect(overall([item('a', { state: 'offline' })]).stuck).toBe(true);
  });
});
