// Moderation in the mock: cases, words, mutes, what the staff did.
import { cards } from './data.mjs';

const id = (kind, number) => `0192${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const person = (n, name) => ({ id: id('a000', n), name });
const course = { id: cards[0].id, title: cards[0].title };

const one = (n, kind, author, was, more = {}) => ({
  id: id('ca5e', n),
  kind,
  room: { id: id('4000', n), kind: 'forum', title: 'Почему частичный индекс не используется?' },
  message: {
    id: id('3e55', n),
    seq: 12 + n,
    author: author.id,
    author_name: author.name,
    snapshot: was,
    body: was,
    state: kind === 'held' ? 'held' : 'shown',
    created_at: ago(60 * n),
  },
  reports: [],
  n: 0,
  opened_at: ago(50 * n),
  resolved_at: null,
  resolved_by: null,
  resolution: null,
  ...more,
});
const cases = [
  one(1, 'report', person(21, 'Гость Петров'), 'Готовые ответы ко всем задачам продаю, пишите в личку.', {
    reports: [
      { kind: 'cheating', text: 'Продаёт решения', at: ago(40) },
      { kind: 'spam', text: '', at: ago(30) },
    ],
    n: 2,
  }),
  one(2, 'held', person(22, 'יואב לוי'), 'תראו את הקישור הזה https://example.org/very-long', {
    room: { id: id('4000', 9), kind: 'general', title: '' },
  }),
];
const resolved = [
  one(3, 'report', person(23, 'Nodira Karimova'), 'Bu darsda hech narsa tushunmadim', {
    n: 1,
    reports: [{ kind: 'insult', text: '', at: ago(300) }],
    resolved_at: ago(200),
    resolved_by: 'Кира Эм',
    resolution: 'dismiss',
  }),
];
const words = [
  ['ru', 'готовые ответы', 'hold'],
  ['uz', 'javoblar sotiladi*', 'hold'],
  ['any', 'casino', 'reject'],
  ['he', 'הימורים', 'reject'],
].map(([language, word, verdict], n) => ({
  id: id('30d5', n),
  language,
  word,
  verdict,
  created_at: ago(9000),
}));
const mutes = [
  ['Гость Петров', 'all', null, null, null, 'Продажа решений'],
  [
    'יואב לוי',
    'course',
    null,
    cards[0].id,
    new Date(Date.now() + 86_400_000).toISOString(),
    'Повторный спам',
  ],
  ['Денис Лим', 'room', '01927472-0000-7000-8000-000000000000', null, null, 'Ругань'],
].map(([name, scope, room_id, course_id, until, reason], n) => ({
  user_id: id('a000', 21 + n),
  name,
  scope,
  room_id,
  course_id,
  until,
  reason,
  can_lift: true,
}));
const audit = [
  ['chat.mute', 'user', 'Продажа решений', { scope: 'all', for_s: null }],
  ['chat.delete', 'message', 'Спам', {}],
  ['account.role_given', 'user', '', { role: 'curator' }],
].map(([action, subject_kind, reason, details], n) => ({
  id: id('a0d1', n),
  actor: n === 2 ? null : person(70, 'Кира Эм'),
  action,
  subject_kind,
  subject_id: id('a000', 21 + n),
  reason,
  details,
  created_at: ago(100 * n),
}));
const news = [
  ['Завтра, 22 ноября, с 03:00 до 04:00 сайт будет недоступен: переезжаем на новые серверы.', null, false],
  [
    '**Вебинар по планам запросов** в четверг в 19:00.\nСсылка появится в уроке 3.4. Вопросы можно прислать заранее на форум.',
    course,
    false,
  ],
  ['ההרשמה לקורס ההמשך נפתחה.', { id: cards[5].id, title: cards[5].title }, true],
].map(([body, of, read], n) => ({
  id: id('0e35', n),
  room_id: id('0e30', n),
  seq: 3 + n,
  course: of,
  author_name: n === 0 ? 'Кира Эм' : 'Dilnoza Karimova',
  body,
  at: ago(200 + 3000 * n),
  read,
}));

export function moderation(method, path, query, bend) {
  const page = (items) => ({ body: { items: bend.includes('empty') ? [] : items, next_cursor: null } });
  if (path === '/moderation/cases') return page(query.get('state') === 'resolved' ? resolved : cases);
  if (path === '/moderation/words' && method === 'GET') {
    return page(words.filter((word) => !query.get('language') || word.language === query.get('language')));
  }
  if (path === '/moderation/mutes') return page(mutes);
  if (path === '/admin/audit') return page(audit);
  if (path === '/announcements') return page(news);
  if (/^\/rooms\/[^/]+\/marks$/.test(path)) return { status: 204 };
  if (/^\/rooms\/[^/]+\/messages$/.test(path)) {
    return {
      body: {
        items: cases.map(({ message }) => ({
          id: message.id,
          seq: message.seq,
          author: message.author,
          author_name: message.author_name,
          author_role: 'student',
          body: message.body,
          created_at: message.created_at,
          version: 1,
        })),
        has_more: true,
      },
    };
  }
  return undefined;
}
