import { describe, expect, it } from 'vitest';
import { ApiError } from '~/api/error';
import type { UploadItem } from '~/features/video/uploads/list';
import { stageOf } from './stage';

const item = (state: UploadItem['state'], sent = 0): UploadItem => ({
  key: 'k',
  target: { kind: 'trailer', courseId: 'c' },
  name: 'a.mp4',
  size: 200,
  modified: 0,
  sent,
  speed: 0,
  state,
});
const video = (
  state: 'uploading' | 'queued' | 'probing' | 'transcoding' | 'ready' | 'failed' | 'cancelled',
) => ({
  state,
  received: 50,
  size: 200,
  percent: 58,
  error: null,
});

/** MED-02 JOB-02 */
describe('where a video stands', () => {
  it('follows the upload of this page first', () => {
    expect(stageOf(item('uploading', 100), video('uploading'))).toMatchObject({
      name: 'uploading',
      bars: [50, 0, 0],
      can: ['pause', 'cancel'],
    });
    expect(stageOf(item('offline', 100), null)).toMatchObject({ name: 'offline', tone: 'amber' });
  });

  it('goes on after a refusal that another attempt may change, and only then', () => {
    const failed = (status: number, code: string) =>
      stageOf({ ...item('failed', 100), error: new ApiError({ status, code }) }, null).can;
    expect(failed(409, 'upload_limit')).toContain('retryUpload');
    expect(failed(404, 'upload_gone')).toContain('retryUpload');
    expect(failed(401, 'session_ended')).toContain('retryUpload');
    expect(failed(413, 'quota_exceeded')).toContain('retryUpload');
    expect(failed(413, 'too_large')).toEqual(['replace', 'cancel']);
    expect(failed(422, 'file_type')).toEqual(['replace', 'cancel']);
  });

  it('asks for the file again when another browser has begun it', () => {
    expect(stageOf(undefined, video('uploading'))).toMatchObject({
      name: 'file',
      bars: [25, 0, 0],
      can: ['resume', 'cancel'],
    });
  });

  it('goes over to what the server does once the file is there', () => {
    expect(stageOf(item('done', 200), video('transcoding'))).toMatchObject({
      name: 'transcoding',
      bars: [100, 100, 58],
      showRungs: true,
    });
    expect(stageOf(undefined, video('ready')).bars).toEqual([100, 100, 100]);
  });

  it('offers another attempt only where that can help', () => {
    const failed = { ...video('failed'), error: { code: 'x', detail: '', at_s: null, retryable: true } };
    expect(stageOf(undefined, failed).can).toContain('retry');
    expect(stageOf(undefined, { ...failed, error: { ...failed.error, retryable: false } }).can).not.toContain(
      'retry',
    );
  });
});
