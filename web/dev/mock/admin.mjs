// The admin's side of the mock: work on videos in every state.

const one = (n, state, more = {}) => ({
  video_id: `v${n}`,
  file_name: [
    'Почему индекс ускоряет.mp4',
    'screen recording 2026-11-20.mkv',
    'שיעור 4.mov',
    'lesson-05.webm',
  ][n % 4],
  size: 940_000_000 + n * 17_000_000,
  author: { id: `a${n % 3}`, name: ['Дилноза Каримова', 'Aziz Rahmonov', 'נועה ברק'][n % 3] },
  state,
  age_s: 400 + n * n * 900,
  waiting_s: null,
  attempts: 1,
  worker: null,
  lease_until: null,
  percent: 0,
  speed: null,
  duration_s: 1290,
  error: null,
  queue_position: null,
  priority: 'normal',
  ...more,
});
const worker = '0192dddd-0000-7000-8000-000000000001';
export const transcodes = [
  one(1, 'transcoding', { percent: 46, speed: 1.4, worker, lease_until: '2026-11-21T15:20:00Z' }),
  one(2, 'queued', { queue_position: 0, waiting_s: 95, attempts: 0, priority: 'first' }),
  one(3, 'queued', { queue_position: 3, waiting_s: 1900, attempts: 2 }),
  one(4, 'failed', {
    attempts: 3,
    error: { code: 'media_truncated', detail: 'x', at_s: 724, retryable: false },
  }),
  one(5, 'ready', { percent: 100 }),
  one(6, 'cancelled'),
];
const run = (attempt, outcome, more = {}) => ({
  attempt,
  started_at: '2026-11-21T14:50:00Z',
  ended_at: '2026-11-21T14:58:00Z',
  outcome,
  error: null,
  worker,
  cpu_s: 184.2,
  peak_mib: 512.4,
  log: '',
  ...more,
});
export const transcode = {
  ...transcodes[3],
  runs: [
    run(1, 'lost', { cpu_s: null, peak_mib: null }),
    run(2, 'failed', {
      error: { code: 'media_truncated', detail: 'x' },
      log: '[warning] mov,mp4: moov atom is at the end\n[error] h264: error while decoding MB 34 12, bytestream -7\n',
    }),
  ],
  probe: { container: 'mov,mp4', video_codec: 'h264', audio_codec: 'aac', duration_us: 1_290_000_000 },
};
