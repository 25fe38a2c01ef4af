// The list of uploads and what happens to its items. Pure: manager.ts does what these rules say.
import { isApiError } from '~/api/error';

/** What an upload becomes when it is there. */
export type Target =
  | { kind: 'lesson'; courseId: string; lessonId: string }
  | { kind: 'trailer'; courseId: string }
  | { kind: 'file'; courseId: string; lessonId: string }
  /** A file of an answer to a task: it goes with the answer, by its id. */
  | { kind: 'answer'; courseId: string; taskId: string };

export type UploadItem = {
  key: string;
  target: Target;
  name: string;
  size: number;
  /** The file's own time of change, milliseconds: with name and size it tells whether it is the same file. */
  modified: number;
  /** The server's id, once it has made one. */
  uploadId?: string;
  /** Whether the lesson or trailer knows it already. */
  attached?: boolean;
  /**
   * `waiting`: for its turn. `offline`: goes on by itself when the link or the server is back. `file`: the browser was closed, and the
   * file must be chosen again.
   */
  state: 'waiting' | 'uploading' | 'paused' | 'offline' | 'file' | 'failed' | 'done';
  sent: number;
  /** Bytes a second, lately. */
  speed: number;
  /** An `ApiError`: why the server refused it, or why it waits. */
  error?: unknown;
};

/** How many files go at once; more would only share the same link. */
export const AT_ONCE = 2;

export const sameTarget = (one: Target, two: Target): boolean =>
  one.kind === two.kind &&
  one.courseId === two.courseId &&
  ('lessonId' in one ? one.lessonId : '') === ('lessonId' in two ? two.lessonId : '') &&
  ('taskId' in one ? one.taskId : '') === ('taskId' in two ? two.taskId : '');

/** Beside a lesson and in an answer there may be many files; a lesson and a trailer have one video. */
export const isSingle = ({ kind }: Target): boolean => kind === 'lesson' || kind === 'trailer';

/** What the server is told that an upload is for. */
export const purposeOf = (target: Target): 'video' | 'file' => (isSingle(target) ? 'video' : 'file');

/** Whether this is the file that was being uploaded. Browsers disagree about times of change, so size and name decide. */
export const sameFile = (
  item: Pick<UploadItem, 'name' | 'size'>,
  file: { name: string; size: number },
): boolean => item.size === file.size && item.name.normalize() === file.name.normalize();

/** The items that may start now. */
export function nextUp(items: readonly UploadItem[]): UploadItem[] {
  const busy = items.filter((item) => item.state === 'uploading').length;
  return items.filter((item) => item.state === 'waiting').slice(0, Math.max(0, AT_ONCE - busy));
}

/**
 * Whether this refusal of a part passes by itself: too slow (408), out of step (409), taken by another window (423), too
 * many (429), damaged on the way (460), and everything that is the server's own trouble. 0 is no answer at all.
 */
export const passes = (status: number): boolean =>
  status === 0 || status >= 500 || [408, 409, 423, 429, 460].includes(status);

/** Whether another attempt with the same file can end differently: never when it is the file that is refused. */
export const mayRetry = (error: unknown): boolean =>
  !isApiError(error) ||
  // Room can be made.
  error.code === 'quota_exceeded' ||
  ![400, 412, 413, 415, 422].includes(error.status);

/** Milliseconds until a waiting upload is tried again: what the server asks for, and never at once. */
export const pauseOf = (retryAfterSeconds: number | undefined, least: number): number =>
  Math.max(least, Math.min((retryAfterSeconds ?? 0) * 1000, 10 * 60_000));

/** Whether bytes are still to leave this browser: without the page they do not. */
export const needsPage = ({ state }: UploadItem): boolean =>
  state === 'uploading' || state === 'waiting' || state === 'offline';

export const isUnderWay = (item: UploadItem): boolean => item.state !== 'done' && item.state !== 'failed';

/** What is kept for the next visit: nothing that lives in memory only. What has failed may go on with its file in hand. */
export const toKeep = (items: readonly UploadItem[]) =>
  items
    .filter(
      (item) => item.uploadId && (isUnderWay(item) || (item.state === 'failed' && mayRetry(item.error))),
    )
    .map(({ key, target, name, size, modified, uploadId, attached, sent }) => ({
      key,
      target,
      name,
      size,
      modified,
      uploadId,
      attached: attached === true,
      sent,
    }));

/** What an earlier visit left, joined with what the server still has: only that can go on. */
export function restored(
  kept: readonly Partial<UploadItem>[],
  server: readonly { id: string; offset: number }[],
): UploadItem[] {
  const offsets = new Map(server.map((upload) => [upload.id, upload.offset]));
  return kept.flatMap((item): UploadItem[] => {
    const sent = item.uploadId === undefined ? undefined : offsets.get(item.uploadId);
    if (sent === undefined || !item.key || !item.target || !item.name || !item.uploadId) return [];
    return [
      {
        key: item.key,
        target: item.target,
        name: item.name,
        size: item.size ?? 0,
        modified: item.modified ?? 0,
        uploadId: item.uploadId,
        attached: item.attached === true,
        state: 'file',
        sent,
        speed: 0,
      },
    ];
  });
}

/** A running mean of the speed: a second's worth of news counts for a quarter. */
export function meanSpeed(before: number, bytes: number, milliseconds: number): number {
  if (milliseconds <= 0) return before;
  const now = Math.max(0, bytes) / (milliseconds / 1000);
  if (before === 0) return now;
  const weight = 1 - 0.75 ** Math.min(4, milliseconds / 1000);
  return before + (now - before) * weight;
}

/** Sum over everything under way, for the sign in the header. */
export function overall(items: readonly UploadItem[]): { count: number; percent: number; stuck: boolean } {
  const open = items.filter(isUnderWay);
  const size = open.reduce((sum, item) => sum + item.size, 0);
  const sent = open.reduce((sum, item) => sum + item.sent, 0);
  return {
    count: open.length,
    percent: size > 0 ? (sent / size) * 100 : 0,
    stuck: open.length > 0 && open.every((item) => item.state !== 'uploading' && item.state !== 'waiting'),
  };
}
