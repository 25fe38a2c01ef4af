import { expect, it } from 'vitest';
import type { Announcement } from './contract';
import { beginning, marksOf, newOnes } from './unread';

const one = (seq: number, room: string, read: boolean, course: string | null = null): Announcement => ({
  id: `${room}${seq}`,
  room_id: room,
  seq,
  course: course ? { id: course, title: course } : null,
  author_name: 'x',
  body: 'x',
  at: '2026-11-21T10:00:00Z',
  read,
});

/** MSG-15 */
it('marks each room up to its newest unread announcement', () => {
  const marks = marksOf([one(3, 'a', false), one(7, 'a', false), one(9, 'b', true)]);
  expect([...marks]).toEqual([['a', 7]]);
});

it('shows a course what concerns it and the whole school', () => {
  const items = [one(1, 'a', false, 'c1'), one(2, 'b', false, 'c2'), one(3, 'c', false), one(4, 'c', true)];
  expect(newOnes(items, 'c1').map(({ seq }) => seq)).toEqual([1, 3]);
  expect(newOnes(items)).toHaveLength(3);
});

it('begins with the first words, without marks', () => {
  expect(beginning('\n**Урок** перенесён на [12:48](lesson:1?t=768)\nПодробно…')).toBe(
    'Урок перенесён на 12:48',
  );
  expect(beginning('слово '.repeat(40), 20)).toBe('слово слово слово…');
  expect(beginning('')).toBe('');
});
