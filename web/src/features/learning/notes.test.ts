import { expect, it } from 'vitest';
import { sorted } from './notes';

/** LRN-03 */
it('orders notes by the moment they are about, those on the whole lesson first', () => {
  const note = (id: string, at_s: number | null, created_at: string) => ({ id, at_s, created_at });
  const notes = [
    note('late', 90, '2026-11-01T10:00:00Z'),
    note('second', 5, '2026-11-03T10:00:00Z'),
    note('whole', null, '2026-11-04T10:00:00Z'),
    note('first', 5, '2026-11-02T10:00:00Z'),
  ];
  expect(sorted(notes).map(({ id }) => id)).toEqual(['whole', 'first', 'second', 'late']);
});
