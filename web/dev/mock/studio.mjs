// The author's side of the mock: a course with a video in every state.
import { cards, coursePage } from './data.mjs';

const video = (n, state, more = {}) => ({
  id: `v${n}`,
  upload_id: `u${n}`,
  file_name: `lesson-${n}.mp4`,
  size: 940_000_000,
  state,
  received: 940_000_000,
  watchable: false,
  percent: 0,
  speed: null,
  eta_s: null,
  queue_position: null,
  renditions: [],
  duration_s: 1290,
  poster_url: null,
  error: null,
  ...more,
});
const rungs = (...percents) =>
  [360, 480, 720, 1080].map((height, index) => ({
    name: `${height}p`,
    percent: percents[index],
    state: percents[index] === 100 ? 'ready' : percents[index] > 0 ? 'running' : 'waiting',
  }));
const videos = [
  video(1, 'ready', {
    renditions: rungs(100, 100, 100, 100).map((rung, n) => (n === 1 ? { ...rung, state: 'dropped' } : rung)),
    watchable: true,
    percent: 100,
    kind: 'video',
    screen: true,
    captions: 2,
    chapters: [
      { start_s: 0, title: 'Зачем оглавление' },
      { start_s: 95, title: 'Дерево' },
      { start_s: 610, title: 'Замер до и после' },
    ],
    skipped: [{ from_s: 724, to_s: 731 }],
    loudness: { integrated_lufs: -23.4, gain_db: 7.4 },
  }),
  video(2, 'transcoding', {
    renditions: rungs(100, 100, 46, 0),
    percent: 58,
    eta_s: 240,
    watchable: true,
    speed: 1.4,
  }),
  video(3, 'probing'),
  video(4, 'uploading', { received: 290_000_000 }),
  video(5, 'failed', { error: { code: 'media_truncated', detail: 'x', at_s: 724, retryable: false } }),
  video(6, 'queued', { queue_position: 2 }),
];

export const studioCards = cards
  .slice(0, 3)
  .map((card, n) => ({ ...card, state: n === 1 ? 'published' : 'draft', problems: n === 1 ? 0 : 3 - n }));

export function studioCourse(id) {
  const card = cards.find((item) => item.id === id);
  if (!card) return undefined;
  const page = coursePage(card);
  let n = 0;
  const modules = page.programme.map((module) => ({
    id: module.id,
    title: module.title,
    homework: null,
    duration_s: module.duration_s,
    lessons: module.lessons.map((lesson) => ({
      ...lesson,
      module_id: module.id,
      state: lesson.kind === 'text' ? 'drafted' : n === 0 ? 'done' : 'processed',
      body: lesson.kind === 'text' ? null : page.description,
      homework: null,
      video: lesson.kind === 'video' ? (videos[n++] ?? null) : null,
      files:
        lesson.kind === 'video'
          ? []
          : [{ id: 'f1', name: 'orders.sql', size: 18_400, content_type: 'text/plain', downloadable: true }],
      questions: 2,
      version: 3,
    })),
  }));
  return {
    ...card,
    state: 'draft',
    description: page.description,
    learn: page.learn,
    requirements: page.requirements,
    skills: [],
    certificate: true,
    access_days: null,
    // The Hebrew course has one.
    trailer: card.language === 'he' ? { ...videos[0], file_name: 'trailer.mp4', duration_s: 92 } : null,
    modules,
    version: 7,
    missing: [
      { code: 'lesson_text', target_id: modules[0].lessons[2].id },
      { code: 'category', target_id: null },
      { code: 'lesson_video', target_id: modules[2].lessons[0].id },
    ],
  };
}

export const captions = [
  ['ru', 'Русский', 214],
  ['uz', 'Oʻzbekcha', 1],
].map(([language, label, cues]) => ({
  language,
  label,
  cues,
  size: 18_000,
  updated_at: '2026-11-10T10:00:00Z',
}));
export const posters = {
  items: [0, 1, 2, 3].map((index) => ({ index, at_s: 30 + index * 200, url: '/m/token/v1/poster.jpg' })),
  chosen: 1,
};
export const viewings = {
  viewings: 412,
  viewers: 138,
  watch_s: 312_400,
  average_percent: 64.2,
  completion_percent: 48.5,
  start_ms_p50: 820,
  start_ms_p95: 3140,
  stalls_per_hour: 0.7,
  stall_percent: 0.31,
  rungs: [
    { name: '1080p', percent: 22 },
    { name: '720p', percent: 51 },
    { name: '480p', percent: 19 },
    { name: '360p', percent: 8 },
  ],
  retention: {
    bucket_s: 5,
    views: Array.from({ length: 258 }, (_, n) =>
      Math.round(400 * (n < 150 ? 1 - n / 700 : n < 152 ? 0.6 : 0.6 - (n - 152) / 900)),
    ),
  },
};

const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString();
const student = (n, name, state, done, enrolled, seen, more = {}) => ({
  id: `0192a000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  name,
  state,
  percent: Math.floor((done * 1000) / 14) / 10,
  done,
  total: 14,
  enrolled_at: day(enrolled),
  last_active_at: seen === undefined ? null : day(seen),
  completed_at: done === 14 ? day(seen) : null,
  questions: 0,
  stuck: 0,
  room_id: null,
  may_write: true,
  ...more,
});
const learners = [
  student(1, 'Отабек Турсунов', 'learning', 6, 12, 0.1, { questions: 1, stuck: 2 }),
  student(2, 'Сардор Мирзаев', 'learning', 12, 40, 2, { stuck: 1 }),
  student(3, 'Nodira Karimova', 'not_started', 0, 1, undefined),
  student(4, 'Денис Лим', 'completed', 14, 90, 30, { room_id: '0192c4a7-0000-7000-8000-000000000004' }),
  student(5, 'נועה ברק', 'ended', 3, 400, 200, { may_write: false }),
];

/** Who learns in a course, as its author sees them. */
export function courseStudents(id, query, bend) {
  const course = cards.find((card) => card.id === id);
  if (!course) return undefined;
  const state = query.get('state');
  const q = (query.get('q') ?? '').toLowerCase();
  const fits = (one) => !state || one.state === state || (state === 'asking' && one.questions > 0);
  const all = bend.includes('empty') ? [] : learners;
  const n = (name) => all.filter((one) => one.state === name).length;
  return {
    course: { id, title: course.title },
    is_author: true,
    items: all.filter((one) => fits(one) && one.name.toLowerCase().includes(q)),
    next_cursor: null,
    counts: {
      all: all.length,
      not_started: n('not_started'),
      learning: n('learning'),
      completed: n('completed'),
      ended: n('ended'),
      asking: all.filter((one) => one.questions > 0).length,
    },
  };
}
