// What the answers about a lesson mean for its page. Pure.
import { isApiError } from '~/api/error';

/** Whether this person has no right to the lesson, whatever was shown before. */
export const mayNot = (error: unknown): boolean =>
  isApiError(error) && (error.status === 401 || error.status === 402 || error.status === 403);

/** It is theirs, and its video is still being prepared. */
export const notReady = (error: unknown): boolean => isApiError(error) && error.code === 'video_not_ready';

/** A video that is still being prepared opens by itself: asked again after this long, in milliseconds. */
export const ASK_AGAIN = 10_000;

/** The pause until the lesson is asked for again, if it is. */
export const whileNotReady = (
  lesson: { kind: string; video: unknown } | undefined,
  error: unknown,
): number | false => {
  if (lesson) return lesson.kind === 'video' && !lesson.video ? ASK_AGAIN : false;
  return notReady(error) ? ASK_AGAIN : false;
};
