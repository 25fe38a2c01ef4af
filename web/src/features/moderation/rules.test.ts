import { describe, expect, it } from 'vitest';
import { deedsOf, hasSpan, needsReason, ofCourse, ofRoom, scopesOf, spans } from './rules';

/** MSG-07 */
describe('a case', () => {
  it('offers what fits its kind', () => {
    expect(deedsOf('report', 'shown')).toEqual(['dismiss', 'delete', 'mute', 'ban']);
    expect(deedsOf('held', 'held')).toEqual(['approve', 'refuse', 'mute', 'ban']);
  });

  it('does not delete what is gone', () => {
    expect(deedsOf('report', 'deleted')).not.toContain('delete');
  });

  it('wants a reason for all that is done', () => {
    for (const deed of ['delete', 'ban', 'unban', 'mute', 'unmute', 'kick', 'refuse'] as const) {
      expect(needsReason(deed)).toBe(true);
    }
    for (const deed of ['lock', 'unlock', 'slow_mode'] as const) {
      expect(needsReason(deed) && ofRoom(deed)).toBe(true);
    }
    expect(needsReason('approve') || needsReason('dismiss') || ofRoom('ban')).toBe(false);
  });
});

it('mutes for a time or until lifted, and in a course only where there is one', () => {
  expect(hasSpan('mute')).toBe(true);
  expect(hasSpan('ban')).toBe(false);
  expect(spans.at(-1)).toBeNull();
  expect(scopesOf(ofCourse('forum'), true)).toEqual(['room', 'course', 'all']);
  expect(scopesOf(ofCourse('forum'), false)).toEqual(['room', 'course']);
  expect(scopesOf(ofCourse('support'), true)).toEqual(['room', 'all']);
});
