import { describe, expect, it } from 'vitest';
import { chapterFaults, chaptersOf, readClock } from './clock';

const row = (at: string, title: string) => ({ key: at, at, title });

/** MED-14 */
describe('the times of chapters', () => {
  it('are read as people type them', () => {
    expect(readClock('75')).toBe(75);
    expect(readClock('1:15')).toBe(75);
    expect(readClock(' 01:02:03 ')).toBe(3723);
    expect(readClock('')).toBeUndefined();
    expect(readClock('1:75')).toBeUndefined();
    expect(readClock('1:2:3:4')).toBeUndefined();
    expect(readClock('-5')).toBeUndefined();
  });

  it('rise, and stay within the video', () => {
    const rows = [
      row('0:00', 'Start'),
      row('1:00', ''),
      row('0:30', 'Back'),
      row('x', 'Odd'),
      row('9:00', 'Late'),
    ];
    expect(chapterFaults(rows, 300)).toEqual([undefined, 'title', 'order', 'time', 'end']);
    expect(chapterFaults([row('', '')], 300)).toEqual([undefined]);
  });

  it('are sent without what is empty', () => {
    expect(chaptersOf([row('0:05', ' A '), row('', '')])).toEqual([{ start_s: 5, title: 'A' }]);
  });
});
