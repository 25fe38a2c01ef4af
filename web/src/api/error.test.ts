import { describe, expect, it } from 'vitest';
import { problemOf, retryAfter } from './error';

describe('a refusal of the server', () => {
  it('keeps the code, the field at fault and the time to wait', async () => {
    const problem = await problemOf(
      new Response(
        JSON.stringify({
          code: 'password_weak',
          detail: 'Too short',
          status: 422,
          errors: [{ field: 'password', code: 'too_short', message: 'At least 10 characters' }, 'junk'],
        }),
        { status: 422, headers: { 'retry-after': '30' } },
      ),
    );
    expect(problem).toMatchObject({ status: 422, code: 'password_weak', retryAfterSeconds: 30 });
    expect(problem.field('password')?.message).toBe('At least 10 characters');
    expect(problem.field('email')).toBeUndefined();
  });

  it('is still an error with a code when the answer is not problem+json', async () => {
    expect(await problemOf(new Response('<h1>502</h1>', { status: 502 }))).toMatchObject({
      code: 'unavailable',
    });
    expect(await problemOf(new Response('', { status: 404 }))).toMatchObject({ code: 'not_found' });
  });

  it('reads Retry-After as seconds and as a date', () => {
    expect(retryAfter('12')).toBe(12);
    expect(retryAfter('Thu, 01 Jan 2026 00:00:10 GMT', Date.UTC(2026, 0, 1))).toBe(10);
    expect(retryAfter('soon')).toBeUndefined();
    expect(retryAfter(null)).toBeUndefined();
  });
});
