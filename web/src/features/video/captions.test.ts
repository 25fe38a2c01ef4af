import { expect, it } from 'vitest';
import { firstTrack } from './captions';

const track = (language: string) => ({ language, label: language, url: '' });

/** MED-11 */
it('begins with the captions that were chosen last, else those of the page, else the first', () => {
  const tracks = [track('en'), track('ru-RU'), track('he')];
  expect(firstTrack(tracks, 'he', 'ru')?.language).toBe('he');
  expect(firstTrack(tracks, 'uz', 'ru')?.language).toBe('ru-RU');
  expect(firstTrack(tracks, undefined, 'uz')?.language).toBe('en');
  expect(firstTrack([], 'he', 'ru')).toBeUndefined();
});
