import { expect, it } from 'vitest';
import { announces, answers, moderates, readsAudit } from './roles';

/** MSG-13 */
it('opens the rooms of the staff to those who work there', () => {
  expect(answers(['student', 'curator'])).toBe(true);
  expect(answers(['student', 'support'])).toBe(true);
  expect(answers(['student', 'author'])).toBe(false);
  expect(answers(undefined)).toBe(false);
});

it('lets support answer, but not judge messages or speak for the school', () => {
  expect(moderates(['support'])).toBe(false);
  expect(announces(['support'])).toBe(false);
  expect(moderates(['moderator'])).toBe(true);
});

it('keeps the audit for admins', () => {
  expect(readsAudit(['moderator'])).toBe(false);
  expect(readsAudit(['super_admin'])).toBe(true);
});
