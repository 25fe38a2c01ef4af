// The learner's side of the mock: a programme with every mark, lessons, and the frames of a chat.
import { cards, coursePage, me } from './data.mjs';
import { captions } from './media.mjs';

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

export function lessonPage(id, courseId) {
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

const said = {
  ru: [
    'Почему после CREATE INDEX план всё равно показывает Seq Scan? Таблица маленькая, 300 строк.',
    'Всё верно: на 300 строках прочитать таблицу целиком дешевле, чем спускаться по дереву. Добавьте данных и повторите.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    'Получилось, 4 мс! Спасибо.',
  ],
  he: [
    'למה אחרי CREATE INDEX התוכנית עדיין מראה Seq Scan? הטבלה קטנה, 300 שורות.',
    'נכון מאוד: ב־300 שורות זול יותר לקרוא את כל הטבלה. הוסיפו נתונים ונסו שוב.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    'עבד, 4 אלפיות שנייה! תודה.',
  ],
};

/** Answers of the socket, for a page whose WebSocket is routed to this. */
export function chat(socket, locale) {
  const own = me(locale).id;
  const texts = said[locale] ?? said.ru;
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const message = (seq, author, body, minutes, more = {}) => ({
    id: `m${seq}`,
    seq,
    author: author ? 'author-1' : own,
    author_name: author ? (locale === 'he' ? 'נועה ברק' : 'Дилноза Каримова') : '',
    author_role: author ? 'author' : 'student',
    body,
    created_at: at(minutes),
    version: 1,
    ...more,
  });
  const items = [
    message(1, false, texts[0], 29, { client_id: 'c1', at: { lesson: 'l', second: 768 } }),
    message(2, true, texts[1], 22),
    message(3, false, texts[2], 11, { client_id: 'c3' }),
  ];
  socket.onMessage((text) => {
    const frames = [JSON.parse(text)].flat();
    for (const frame of frames) {
      const say = (answer) => socket.send(JSON.stringify({ re: frame.id, ...answer }));
      if (frame.t === 'hello') say({ t: 'welcome', conn: 'x', user: own, ping_s: 25, dead_s: 40 });
      if (frame.t === 'send') return say({ t: 'err', code: 'rejected', msg: 'no', rule: 'links' });
      if (frame.t !== 'join') continue;
      say({
        t: 'joined',
        topic: frame.topic,
        epoch: 'e',
        head: 3,
        resumed: false,
        reason: 'new',
        page: { items, has_more: true },
        entries: [],
        more: false,
        room: { kind: 'lesson', title: '', can_write: true, online: 3, members: 9, slow_s: 0, version: 1 },
        me: { read: 1, delivered: 3, role: 'student' },
        marks: [{ user: 'author-1', read: 1, delivered: 3 }],
      });
      socket.send(
        JSON.stringify({
          t: 'typing',
          topic: frame.topic,
          user: 'author-1',
          name: locale === 'he' ? 'נועה' : 'Дилноза',
        }),
      );
    }
  });
}
