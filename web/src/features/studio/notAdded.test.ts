import { expect, it } from 'vitest';
import { dropped, keepDropped, takeDropped } from './notAdded';

const file = (key: string) => ({ key, file: new File([], key) });

/** MED-01 */
it('keeps the files that could not be added, by course and once each, until they are taken', () => {
  keepDropped('a', [file('1'), file('2')], 'first');
  keepDropped('a', [file('2'), file('3')], 'second');
  keepDropped('b', [file('4')], 'other');
  expect(dropped('a').files.map(({ key }) => key)).toEqual(['1', '2', '3']);
  expect(dropped('a').error).toBe('second');
  expect(takeDropped('a')).toHaveLength(3);
  expect(dropped('a').files).toEqual([]);
  expect(dropped('b').files).toHaveLength(1);
});
