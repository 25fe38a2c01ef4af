// The staff's side of the mock: the curators' desk.
import { cards } from './data.mjs';

const id = (kind, number) => `0192${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const course = (n) => ({ id: cards[n].id, title: cards[n].title });
const task = (n, title) => ({ id: id('7a5c', n), title });
const doc = (text) => ({ type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] });

const row = (n, name, locale, kind, text, minutes, more = {}) => ({
  room_id: id('de5c', n),
  kind,
  course: course(0),
  task: null,
  lesson: null,
  title: null,
  student: { id: id('a000', n), name, locale },
  text,
  waiting_s: minutes * 60,
  waiting_since: ago(minutes),
  wrong: 0,
  claimed_by: null,
  claimed_until: null,
  resolved_at: null,
  ...more,
});

const waiting = () => [
  row(1, 'Отабек Турсунов', 'ru', 'task', 'Соединяю три таблицы, и строки удваиваются. Почему?', 47, {
    task: task(1, '2.6 Соединения трёх таблиц'),
    wrong: 5,
  }),
  row(
    2,
    'Сардор Мирзаев',
    'ru',
    'task',
    'В третьей попытке не прохожу по времени. Индекс есть, но план его не использует.',
    14,
    {
      task: task(2, '3.4 Запрос и индекс'),
      wrong: 3,
      claimed_by: { id: id('a000', 99), name: 'Malika Yusupova' },
    },
  ),
  row(
    3,
    'Nodira Karimova',
    'uz',
    'task',
    'Boʻsh qiymatlarni oʻrtacha bilan almashtirsam, natija nega yomonlashdi?',
    9,
    {
      course: course(1),
      task: task(3, 'Boʻsh qiymatlar'),
      wrong: 4,
      claimed_by: { id: id('a000', 70), name: 'Кира Эм' },
    },
  ),
  row(4, 'Денис Лим', 'ru', 'question', 'useEffect срабатывает два раза, это ошибка?', 6, {
    course: course(4),
    lesson: { id: id('e000', 11), title: 'Эффекты и очистка' },
  }),
  row(5, 'יואב לוי', 'he', 'task', 'למה התוכנית לא משתמשת באינדקס?', 3, {
    course: course(5),
    task: task(5, 'אינדקס חלקי'),
    wrong: 3,
  }),
  row(6, 'Гульнора Алиева', 'ru', 'support', 'Не вижу кнопку возврата, прошло 5 дней.', 1, { course: null }),
];

const templates = [
  ['Условие промежутком', '{name}, запишите условие промежутком: created_at >= начало и < конец.', true],
  ['Покажите план', 'Покажите, пожалуйста, вывод EXPLAIN ANALYZE целиком.', true],
  ['Подсказка 2', 'Посмотрите ещё раз на минуту 12:48 урока 3.2.', false],
].map(([title, body, shared], n) => ({ id: id('7e00', n), title, body, shared, course_id: null }));

const staff = { room_id: id('57af', 1) };

export function desk(method, path, query, bend) {
  const items = waiting();
  if (path === '/desk') {
    const state = query.get('state') ?? 'waiting';
    const mine = items.filter((item) => item.claimed_by?.id === id('a000', 99));
    const shown = {
      waiting: items,
      mine,
      closed: [{ ...items[3], waiting_s: null, waiting_since: null, resolved_at: ago(80) }],
    }[state].filter((item) => !query.get('q') || item.student.name.includes(query.get('q')));
    return {
      body: {
        items: bend.includes('empty') ? [] : shown,
        next_cursor: null,
        counts: bend.includes('empty') ? { waiting: 0, mine: 0 } : { waiting: 12, mine: 4 },
        answer_s: { median: 540, p90: 2300, n: 214 },
        kinds: ['task', 'question', 'support'],
      },
    };
  }
  if (path === '/desk/templates') return { body: { items: bend.includes('empty') ? [] : templates } };
  if (path === '/staff/room') return { body: staff };
  if (/^\/desk\/[^/]+\/colleagues$/.test(path)) {
    return {
      body: {
        items: [
          { id: id('a000', 70), name: 'Кира Эм', on_duty: true },
          { id: id('a000', 71), name: 'דנה כהן', on_duty: false },
        ],
      },
    };
  }
  const one = /^\/desk\/([^/]+)(?:\/(\w+))?$/.exec(path);
  if (!one) return undefined;
  const found = items.find((item) => item.room_id === one[1]) ?? items[1];
  if (method !== 'GET') {
    const holder = found.claimed_by;
    if (one[2] === 'claim' && holder && holder.id !== id('a000', 99)) {
      return { status: 409, body: { code: 'claimed', status: 409, title: 'claimed', claimed_by: holder } };
    }
    return { body: found };
  }
  return {
    body: {
      ...found,
      version: found.task && 2,
      statement: found.task && doc('Сумма заказов за ноябрь должна считаться быстрее 50 мс.'),
      solution: found.task && doc("created_at >= '2026-11-01' AND created_at < '2026-12-01'"),
      attempts: found.task
        ? [
            { no: 1, version: 1, verdict: 'wrong', answer: 'ошибка в строке 2', at: ago(60) },
            { no: 2, version: 2, verdict: 'partial', answer: '4 из 9, лишние строки', at: ago(45) },
            { no: 3, version: 2, verdict: 'wrong', answer: '7 из 9, время 412 мс', at: ago(30) },
          ]
        : [],
      progress: found.course && { percent: 31, done: 13, total: 42 },
      past: { n: 2, resolved: 2 },
      note: found.task && {
        text: 'Часто путает функцию в условии и промежуток. Дать ссылку на урок 3.2, 12:48.',
        by: 'Кира Эм',
        at: ago(4000),
      },
    },
  };
}
