// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { createCaptions, firstTrack } from './captions';

const track = (language: string) => ({ language, label: language, url: '' });

/** MED-11 */
it('begins with the captions that were chosen last, else those of the page, else the first', () => {
  const tracks = [track('en'), track('ru-RU'), track('he')];
  expect(firstTrack(tracks, 'he', 'ru')?.language).toBe('he');
  expect(firstTrack(tracks, 'uz', 'ru')?.language).toBe('ru-RU');
  expect(firstTrack(tracks, undefined, 'uz')?.language).toBe('en');
  expect(firstTrack([], 'he', 'ru')).toBeUndefined();
});

/** MED-11 */
it('can be read before the video plays, and are not asked for again when it does', async () => {
  const text = vi.fn(async () => 'WEBVTT\n\n00:00.000 --> 00:01.000\nSalom\n');
  const captions = createCaptions();
  captions.offer([track('uz')], text);
  expect(text).not.toHaveBeenCalled();
  captions.read();
  await vi.waitFor(() => expect(captions.view().state).toBe('ready'));
  expect(captions.view().cues.map((cue) => cue.text)).toEqual(['Salom']);
  captions.use({
    session: 's',
    master_url: '/m/t/v/master.m3u8',
    expires_in: 600,
    growing: false,
    duration_s: 1,
    kind: 'video',
    captions: [track('uz')],
    chapters: [],
    storyboard: null,
  });
  expect(captions.view().state).toBe('ready');
  expect(text).toHaveBeenCalledTimes(1);
});
