import { describe, expect, it } from 'vitest';
import { meanSpeed, nextUp, overall, restored, sameFile, toKeep, type UploadItem } from './list';

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
    ];
    const kept = JSON.parse(JSON.stringify(toKeep(items)));
    expect(kept.map(({ key }: UploadItem) => key)).toEqual(['a']);
    const back = restored(kept, [{ id: 'u1', offset: 40 }]);
    expect(back).toEqual([item('a', { state: 'file', uploadId: 'u1', attached: false, sent: 40 })]);
    expect(restored(kept, [])).toEqual([]);
    expect(restored([{}, { key: 'x' }], [{ id: 'u1', offset: 0 }])).toEqual([]);
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
