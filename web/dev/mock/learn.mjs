// The learner's side of the mock: a programme with every mark, lessons, and the frames of a chat.
import { cards, coursePage } from './data.mjs';
import { captions } from './media.mjs';
import { lessonTasks } from './tasks.mjs';

const marks = ['done', 'done', 'done', 'in_progress', 'todo', 'todo', 'todo', 'locked', 'todo'];
const lessonIds = (page) => page.programme.flatMap((module) => module.lessons);

export function learnCourse(id) {
  const card = cards.find((item) => item.id === id);
  if (!card) return undefined;
  const page = coursePage(card);
  let n = 0;
  return {
    course: card,
    percent: 31,
    lessons_done: 13,
    lessons: 42,
    active_s: 5000,
    continue_lesson_id: lessonIds(page)[3]?.id ?? null,
    modules: page.programme.map((module) => ({
      id: module.id,
      title: module.title,
      lessons: module.lessons.map((lesson) => {
        const mark = marks[n++ % marks.length];
        const percent = { done: 100, in_progress: 62 }[mark] ?? 0;
        return { ...lesson, mark, percent, reason: mark === 'locked' ? 'not_ready' : null };
      }),
    })),
  };
}

export function lessonPage(id, courseId, locale = 'ru') {
  const page = coursePage(cards.find((item) => item.id === courseId) ?? cards[0]);
  const all = lessonIds(page);
  const index = all.findIndex((lesson) => lesson.id === id);
  const lesson = all[index];
  if (!lesson) return undefined;
  return {
    id,
    course_id: page.id,
    module_id: page.programme[0].id,
    title: lesson.title,
    kind: lesson.kind,
    body: page.description,
    homework: null,
    tasks: lessonTasks(id, locale),
    files: [
      { id: 'f1', name: 'orders.sql', size: 18_400, content_type: 'text/plain', downloadable: true },
      {
        id: 'f2',
        name: 'План запроса.pdf',
        size: 2_340_000,
        content_type: 'application/pdf',
        downloadable: false,
      },
    ],
    video: lesson.kind === 'video' ? { id: 'v1', duration_s: 1290, captions: captions() } : null,
    position_s: 768,
    percent: 59,
    mark: 'in_progress',
    active_s: 900,
    completes: lesson.kind === 'video' ? { kind: 'watch', percent: 90 } : { kind: 'read' },
    previous_id: all[index - 1]?.id ?? null,
    next_id: all[index + 1]?.id ?? null,
  };
}

export const notes = (lesson) =>
  [
    [null, 'Перечитать перед собеседованием.'],
    [128, 'EXPLAIN ANALYZE показывает настоящее время, EXPLAIN только оценку.'],
    [768, 'אינדקס חלקי: WHERE archived = false'],
  ].map(([at_s, text], n) => ({
    id: `n${n}`,
    lesson_id: lesson,
    lesson_title: 'Birinchi soʻrov: SELECT',
    at_s,
    text,
    created_at: '2026-11-10T10:00:00Z',
    updated_at: '2026-11-10T10:00:00Z',
  }));
