// A stream for the mock, made once by ffmpeg: three rungs with sound apart, captions, chapters, a storyboard. Without
// ffmpeg there is none, and the player shows its failure.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECONDS = 90;
const RUNGS = [
  [240, 300],
  [360, 700],
  [720, 1800],
];
const said = {
  ru: [
    'Представьте книгу без оглавления.',
    'Чтобы найти слово, её надо прочесть целиком.',
    'Индекс устроен иначе: дерево растёт вширь, а не вглубь.',
    'Вместо восьмисот миллисекунд\nзапрос занимает четыре.',
    'Но за скорость чтения мы платим записью.',
  ],
  he: [
    'דמיינו ספר בלי תוכן עניינים.',
    'כדי למצוא מילה צריך לקרוא את כולו.',
    'אינדקס (B-tree) בנוי אחרת: העץ גדל לרוחב.',
    'במקום 800 אלפיות שנייה\nהשאילתה נמשכת 4.',
    'אבל על מהירות הקריאה משלמים בכתיבה.',
  ],
};
said.uz = [
  'Mundarijasiz kitobni tasavvur qiling.',
  'Soʻzni topish uchun uni boshidan oxirigacha oʻqish kerak.',
  'Indeks boshqacha: daraxt chuqurga emas, kenglikka oʻsadi.',
  'Sakkiz yuz millisekund oʻrniga\nsoʻrov toʻrt millisekund oladi.',
  'Ammo oʻqish tezligi uchun yozish bilan toʻlaymiz.',
];
const two = (n) => String(n).padStart(2, '0');
const webvtt = (lines) =>
  `WEBVTT\n\n${Array.from({ length: 18 }, (_, n) => {
    const at = (s) => `00:${two(Math.floor(s / 60))}:${two(s % 60)}.000`;
    return `${at(n * 5)} --> ${at(n * 5 + 4)}\n${lines[n % lines.length]}\n`;
  }).join('\n')}`;

export const captions = () => [
  { language: 'uz', label: 'Oʻzbekcha' },
  { language: 'ru', label: 'Русский' },
  { language: 'he', label: 'עברית' },
];

/** The directory of the stream, made if it is not there; nothing without ffmpeg. */
export function media() {
  const place = join(tmpdir(), 'ilmspace-mock-media');
  if (existsSync(join(place, 'master.m3u8'))) return place;
  mkdirSync(place, { recursive: true });
  const run = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { cwd: place });
  const hls = ['-f', 'hls', '-hls_time', '4', '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'];
  const files = (name) => [
    '-hls_fmp4_init_filename',
    `${name}.init.mp4`,
    '-hls_segment_filename',
    `${name}_%03d.m4s`,
    `${name}.m3u8`,
  ];
  try {
    for (const [side, rate] of RUNGS) {
      const size = `${Math.round((side * 16) / 9 / 2) * 2}x${side}`;
      run(
        ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${SECONDS}`, '-c:v', 'libx264'],
        ...['-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '100', '-sc_threshold', '0'],
        ...['-b:v', `${rate}k`, '-maxrate', `${rate}k`, '-bufsize', `${rate}k`, ...hls, ...files(`v${side}`)],
      );
    }
    run('-f', 'lavfi', '-i', `sine=frequency=330:duration=${SECONDS}`, '-c:a', 'aac', ...hls, ...files('a'));
    run(
      ...['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=1:duration=${SECONDS}`],
      ...['-vf', 'fps=1/2,tile=10x10', '-frames:v', '1', 'sheet.jpg'],
    );
    run('-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=1:duration=1', '-frames:v', '1', 'poster.jpg');
  } catch {
    return undefined;
  }
  for (const [locale, lines] of Object.entries(said)) {
    writeFileSync(join(place, `${locale}.vtt`), webvtt(lines));
  }
  const video = RUNGS.map(([side, rate]) => {
    const size = `${Math.round((side * 16) / 9 / 2) * 2}x${side}`;
    return `#EXT-X-STREAM-INF:BANDWIDTH=${rate * 1000 + 80_000},RESOLUTION=${size},CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"\nv${side}.m3u8\n`;
  });
  const sound =
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",URI="a.m3u8"\n';
  writeFileSync(
    join(place, 'listening.m3u8'),
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=80000,CODECS="mp4a.40.2"\na.m3u8\n',
  );
  const heard = '#EXT-X-STREAM-INF:BANDWIDTH=80000,CODECS="mp4a.40.2",AUDIO="a"\na.m3u8\n';
  // Last: it says that all is there.
  writeFileSync(join(place, 'master.m3u8'), `#EXTM3U\n#EXT-X-VERSION:7\n${sound}${video.join('')}${heard}`);
  return readdirSync(place).length > 0 ? place : undefined;
}

export const playback = (listening) => ({
  session: '0192f000-0000-7000-8000-000000000001',
  master_url: `/m/token/v1/${listening ? 'listening' : 'master'}.m3u8`,
  expires_in: 600,
  growing: false,
  duration_s: SECONDS,
  poster_url: null,
  watermark: 'Malika Yusupova · 4f2a',
  position_s: 12,
  kind: listening ? 'listening' : 'video',
  captions: captions().map((track) => ({ ...track, url: `/m/token/v1/${track.language}.vtt` })),
  chapters: [
    { start_s: 0, title: 'Зачем оглавление' },
    { start_s: 15, title: 'Дерево' },
    { start_s: 30, title: 'Замер до и после' },
    { start_s: 72, title: 'Итоги' },
  ],
  storyboard: listening
    ? null
    : {
        urls: ['/m/token/v1/sheet.jpg'],
        tile_width: 160,
        tile_height: 90,
        columns: 10,
        rows: 10,
        interval_s: 2,
        count: SECONDS / 2,
      },
});
