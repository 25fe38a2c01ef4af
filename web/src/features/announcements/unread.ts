// What of the announcements is new, and how reading them is told. Pure.
import type { Announcement } from './contract';

/** The newest number of each room of which something here is unread. */
export function marksOf(items: readonly Announcement[]): Map<string, number> {
  const marks = new Map<string, number>();
  for (const { room_id, seq, read } of items) {
    if (!read) marks.set(room_id, Math.max(seq, marks.get(room_id) ?? 0));
  }
  return marks;
}

/** What is new for a page: everything, or what concerns this course and the school. */
export const newOnes = (items: readonly Announcement[], course?: string): Announcement[] =>
  items.filter(({ read, course: of }) => !read && (course === undefined || of === null || of.id === course));

/** The first line of a text without its light marks, cut at a word. */
export function beginning(body: string, most = 120): string {
  const line = body
    .replaceAll(/```[\s\S]*?```/g, ' ')
    .replaceAll(/@\[([^\]]*)\]\([^)]*\)/g, '@$1')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`$]/g, '')
    .split('\n')
    .map((part) => part.trim())
    .find(Boolean);
  const letters = [...(line ?? '')];
  if (letters.length <= most) return letters.join('');
  const cut = letters.slice(0, most).join('');
  const space = cut.lastIndexOf(' ');
  return `${space > most / 2 ? cut.slice(0, space) : cut}…`;
}
