import { describe, expect, it } from 'vitest';
import { ApiError, networkError } from '~/api/error';
import { ASK_AGAIN, mayNot, notReady, whileNotReady } from './lessonState';

const refusal = (status: number, code: string) => new ApiError({ status, code });

/** WEB-10 */
describe('the page of a lesson', () => {
  it('is closed by a refusal and by nothing else', () => {
    for (const status of [401, 402, 403]) expect(mayNot(refusal(status, 'forbidden'))).toBe(true);
    for (const status of [404, 409, 429, 500, 503]) expect(mayNot(refusal(status, 'other'))).toBe(false);
    expect(mayNot(networkError(undefined))).toBe(false);
    expect(mayNot(null)).toBe(false);
  });

  it('waits for a video that is being prepared', () => {
    const waiting = refusal(409, 'video_not_ready');
    expect(notReady(waiting)).toBe(true);
    expect(whileNotReady(undefined, waiting)).toBe(ASK_AGAIN);
    expect(whileNotReady({ kind: 'video', video: null }, null)).toBe(ASK_AGAIN);
  });

  it('asks no more once it is there, nor after another failure', () => {
    expect(whileNotReady({ kind: 'video', video: {} }, refusal(409, 'video_not_ready'))).toBe(false);
    expect(whileNotReady({ kind: 'text', video: null }, null)).toBe(false);
    expect(whileNotReady(undefined, refusal(503, 'unavailable'))).toBe(false);
  });
});
