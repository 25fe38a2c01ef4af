import { describe, expect, it } from 'vitest';
import { cueIndexAt, cuesAt, parseCues, searchCues } from './cues';

const file = `WEBVTT
X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

NOTE made by hand

STYLE
::cue { color: red }

1
00:12.500 --> 00:14.000 line:80% align:start
<v Dilnoza>Daraxt <b>oʻsadi</b></v>
&lt;chuqur&gt; emas

00:00:01.000 --> 00:00:04.000
Первая строка

damaged --> 00:09.000
nothing

01:00:03.000 --> 01:00:05.250
שלום עולם
`;

/** MED-11 */
describe('captions', () => {
  const cues = parseCues(file);

  it('are read from WebVTT in order of time, without what is no text', () => {
    expect(cues).toEqual([
      { from: 1, to: 4, text: 'Первая строка' },
      { from: 12.5, to: 14, text: 'Daraxt oʻsadi\n<chuqur> emas' },
      { from: 3603, to: 3605.25, text: 'שלום עולם' },
    ]);
    expect(parseCues('')).toEqual([]);
    expect(parseCues('\ufeffWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\nA\r\n')).toHaveLength(1);
  });

  it('stand from their start until their end', () => {
    expect(cuesAt(cues, 0.9)).toEqual([]);
    expect(cuesAt(cues, 1).map((cue) => cue.text)).toEqual(['Первая строка']);
    expect(cuesAt(cues, 4)).toEqual([]);
  });

  it('may overlap', () => {
    const two = [
      { from: 0, to: 5, text: 'a' },
      { from: 2, to: 4, text: 'b' },
    ];
    expect(cuesAt(two, 3).map((cue) => cue.text)).toEqual(['a', 'b']);
    expect(cuesAt(two, 4.5).map((cue) => cue.text)).toEqual(['a']);
  });

  it('tell where the transcript is, also in a pause', () => {
    expect(cueIndexAt(cues, 0)).toBe(-1);
    expect(cueIndexAt(cues, 8)).toBe(0);
    expect(cueIndexAt(cues, 12.5)).toBe(1);
    expect(cueIndexAt(cues, 9999)).toBe(2);
  });

  it('are found by words in any order and case, whatever the apostrophe', () => {
    expect(searchCues(cues, 'СТРОКА перв')).toEqual([0]);
    expect(searchCues(cues, "O'SADI")).toEqual([1]);
    expect(searchCues(cues, 'עולם')).toEqual([2]);
    expect(searchCues(cues, 'no such')).toEqual([]);
    expect(searchCues(cues, '  ')).toEqual([]);
  });
});
