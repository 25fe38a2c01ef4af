// What people say to each other, in the mock: frequent questions, support, threads, announcements.
import { cards } from './data.mjs';

const id = (kind, number) => `0192${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

const faq = [
  [
    'admission',
    {
      ru: 'Какие документы нужны для поступления?',
      uz: 'Qabul uchun qanday hujjatlar kerak?',
      he: 'אילו מסמכים נדרשים לקבלה?',
      en: 'Which documents are needed for admission?',
    },
    {
      ru: 'Паспорт, аттестат и фото 3 × 4.\nСканы можно загрузить в профиле, оригиналы привезите до 1 сентября.',
      uz: 'Pasport, attestat va 3 × 4 rasm.\nNusxalarni profilga yuklang, asllarini 1-sentabrgacha olib keling.',
      he: 'דרכון, תעודת בגרות ותמונה 3 × 4.',
      en: 'A passport, the school certificate and a 3 × 4 photo.',
    },
  ],
  [
    'scores',
    { ru: 'Сколько баллов нужно на программную инженерию?' },
    { ru: 'В прошлом году проходной был 81. Подробнее на странице трека 80+.' },
  ],
  [
    'payment',
    { ru: 'Как вернуть деньги за курс?', uz: 'Kurs pulini qanday qaytaraman?' },
    { ru: 'В первые 7 дней, без вопросов: кнопка в истории покупок.', uz: 'Birinchi 7 kunda, savolsiz.' },
  ],
  [
    'technical',
    { en: 'The video does not play' },
    { en: 'Lower the quality in the player, or try another browser.' },
  ],
].map(([topic, question, answer], n) => ({
  id: id('fa00', n),
  topic,
  question,
  answer,
  published: n !== 3,
  helpful: 120 - n * 30,
  unhelpful: n * 2,
  version: 1,
}));

const people = ['Сардор Мирзаев', 'Nodira Karimova', 'יואב לוי', 'Денис Лим'];
const thread = (n, title, more = {}) => ({
  room_id: id('7472', n),
  title,
  opener: { id: id('a000', n), name: people[n % people.length] },
  created_at: ago(3000 + n),
  active_at: ago(40 * n + 5),
  replies: [4, 1, 0, 12][n % 4],
  answered: n % 4 === 0 || n % 4 === 3,
  unread: n === 1 ? 2 : 0,
  locked: n === 3,
  at: null,
  ...more,
});
const titles = [
  'Почему частичный индекс не используется, если условие записано через функцию?',
  'GROUP BY ustunlari qaysi tartibda boʻlishi kerak?',
  'למה EXPLAIN מראה זמן אחר בכל הרצה?',
  'Чем VACUUM отличается от VACUUM FULL',
];

const page = (bend, items) => ({ body: { items: bend.includes('empty') ? [] : items, next_cursor: null } });

export function talk(method, path, query, bend) {
  if (path === '/faq') {
    const q = query.get('q')?.toLowerCase();
    const found = faq.filter(
      (entry) =>
        (bend.includes('staff') || entry.published) &&
        (!query.get('topic') || entry.topic === query.get('topic')) &&
        (!q || JSON.stringify(entry).toLowerCase().includes(q)),
    );
    return method === 'GET' ? page(bend, found) : { status: 201, body: faq[0] };
  }
  if (/^\/faq\/[^/]+\/vote$/.test(path) || path === '/faq/order') return { status: 204 };
  if (path === '/support') {
    const none = bend.includes('empty');
    return {
      body: {
        room_id: none ? null : id('50bb', 1),
        on_duty: none ? 0 : 3,
        expected_s: none ? null : 540,
        state: none ? null : 'answered',
      },
    };
  }
  if (path === '/general') return { body: { room_id: id('9e00', 1) } };
  if (/^\/courses\/[^/]+\/pair$/.test(path)) return { body: { room_id: id('9a12', 1) } };
  const threads = /^\/(lessons|courses)\/[^/]+\/(questions|forum)$/.exec(path);
  if (threads) {
    const asked = threads[1] === 'lessons';
    const all = titles.map((title, n) =>
      thread(n, title, asked && n < 2 ? { at: { lesson: 'l', second: 768 } } : {}),
    );
    if (method === 'POST') return { status: 201, body: all[1] };
    const state = query.get('state');
    return page(
      bend,
      all.filter((one) => !state || one.answered === (state === 'answered')),
    );
  }
  const room = /^\/rooms\/([^/]+)$/.exec(path);
  if (room?.[1].startsWith('01927472')) {
    const n = Number(room[1].at(-1));
    return {
      body: {
        id: room[1],
        kind: 'forum',
        title: titles[n],
        course: { id: cards[0].id, title: cards[0].title },
        lesson_id: null,
        owner: { id: id('a000', n), name: people[n] },
        locked: n === 3,
      },
    };
  }
  return undefined;
}
