// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { captionFault, languageOf } from './CaptionsPart';

/** MED-11 */
it('names the line of a file of captions that is wrong', () => {
  expect(captionFault({ reason: 'captions_timing', line: 14 })).toEqual({
    reason: 'captions_timing',
    line: 14,
  });
  expect(captionFault({ reason: 'captions_empty' })).toEqual({ reason: 'captions_empty', line: 0 });
  expect(captionFault({ reason: 'something new', line: 3 })).toBeUndefined();
});

it('takes the language from the name of the file, if it says one', () => {
  expect(languageOf('lesson-1.ru.srt')).toBe('ru');
  expect(languageOf('Lesson_HE.vtt')).toBe('he');
  expect(languageOf('lesson.vtt')).toBeUndefined();
  expect(languageOf('lesson.qq.vtt')).toBeUndefined();
});
