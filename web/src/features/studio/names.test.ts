import { describe, expect, it } from 'vitest';
import { lessonName } from './names';

describe('the name of a lesson made from a file', () => {
  it('is what a person would write', () => {
    expect(lessonName('03 - Birinchi_soʻrov SELECT.mp4')).toBe('Birinchi soʻrov SELECT');
    expect(lessonName('Индексы.финал.MOV')).toBe('Индексы.финал');
    expect(lessonName('שיעור 1.mkv')).toBe('שיעור 1');
    expect(lessonName('2024.mp4')).toBe('2024');
    expect(lessonName('.mp4')).toBe('');
    expect([...lessonName(`${'🙂'.repeat(300)}.mp4`)].length).toBe(200);
  });
});
