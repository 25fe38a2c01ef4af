import { expect, it } from 'vitest';
import { mayWriteTo } from './write';

/** MSG-03 */
it('lets the author of a course write to its students and a student to its author, and nobody else', () => {
  const room = (role: string, kind = 'lesson', course: string | undefined = 'c') => ({ course, kind, role });
  expect(mayWriteTo(room('author'), 'student')).toBe(true);
  expect(mayWriteTo(room('student'), 'author')).toBe(true);
  expect(mayWriteTo(room('student'), 'student')).toBe(false);
  expect(mayWriteTo(room('moderator'), 'student')).toBe(false);
  expect(mayWriteTo(room('author'), 'moderator')).toBe(false);
  expect(mayWriteTo(room('author', 'pair'), 'student')).toBe(false);
  expect(mayWriteTo({ course: undefined, kind: 'general', role: 'author' }, 'student')).toBe(false);
});
