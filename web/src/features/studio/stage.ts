// Where a video stands, from the upload of this page and from what the server knows. Pure.
import type { Schemas } from '~/api/client';
import { mayRetry, type UploadItem } from '~/features/video/uploads/list';

type Video = Pick<Schemas['VideoView'], 'state' | 'received' | 'size' | 'percent' | 'error'>;

export type Can = 'pause' | 'continue' | 'resume' | 'retryUpload' | 'retry' | 'replace' | 'cancel' | 'remove';

export type Stage = {
  name:
    | 'waiting'
    | 'uploading'
    | 'paused'
    | 'offline'
    | 'file'
    | 'queued'
    | 'probing'
    | 'transcoding'
    | 'ready'
    | 'failed'
    | 'cancelled';
  tone: 'plain' | 'amber' | 'red' | 'green';
  /** Hundredths of upload, check and transcoding. */
  bars: [number, number, number];
  can: Can[];
  showRungs: boolean;
};

const part = (some: number, all: number) => Math.max(0, Math.min(100, (some / Math.max(1, all)) * 100));

export function stageOf(item: UploadItem | undefined, video: Video | null): Stage {
  const stage = (
    name: Stage['name'],
    tone: Stage['tone'],
    bars: Stage['bars'],
    can: Can[],
    showRungs = false,
  ): Stage => ({ name, tone, bars, can, showRungs });
  if (item && item.state !== 'done') {
    const sent: Stage['bars'] = [part(item.sent, item.size), 0, 0];
    switch (item.state) {
      case 'waiting':
        return stage('waiting', 'plain', sent, ['cancel']);
      case 'uploading':
        return stage('uploading', 'plain', sent, ['pause', 'cancel']);
      case 'paused':
        return stage('paused', 'amber', sent, ['continue', 'cancel']);
      case 'offline':
        return stage('offline', 'amber', sent, ['continue', 'cancel']);
      case 'file':
        return stage('file', 'amber', sent, ['resume', 'cancel']);
      case 'failed':
        return stage(
          'failed',
          'red',
          [100, 0, 0],
          mayRetry(item.error) ? ['retryUpload', 'replace', 'cancel'] : ['replace', 'cancel'],
        );
    }
  }
  switch (video?.state) {
    // The server waits for bytes that nobody here sends.
    case 'uploading':
      return item
        ? stage('uploading', 'plain', [part(video.received, video.size), 0, 0], [])
        : stage('file', 'amber', [part(video.received, video.size), 0, 0], ['resume', 'cancel']);
    case 'queued':
      return stage('queued', 'plain', [100, 0, 0], ['cancel']);
    case 'probing':
      return stage('probing', 'plain', [100, 40, 0], ['cancel']);
    case 'transcoding':
      return stage(
        'transcoding',
        'plain',
        [100, 100, Math.max(0, Math.min(100, video.percent))],
        ['cancel'],
        true,
      );
    case 'ready':
      return stage('ready', 'green', [100, 100, 100], ['replace', 'remove'], true);
    case 'cancelled':
      return stage('cancelled', 'amber', [100, 0, 0], ['retry', 'replace', 'remove']);
    default: {
      const again = video?.error?.retryable === true;
      return stage(
        'failed',
        'red',
        [100, 100, 0],
        again ? ['retry', 'replace', 'remove'] : ['replace', 'remove'],
      );
    }
  }
}
