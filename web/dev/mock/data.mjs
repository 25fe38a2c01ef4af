// A small made-up school for looking at pages without the server. Every time is fixed, so that pictures do not change.
const id = (kind, number) => `0192${kind}-0000-7000-8000-${String(number).padStart(12, '0')}`;
const som = (amount) => ({ amount: amount * 100, currency: 'UZS' });

export const categories = [
  ['data', 'Maʼlumotlar', 'Данные и ИИ', 'Data and AI', 'נתונים ובינה מלאכותית', 5],
  ['web', 'Veb-dasturlash', 'Веб-разработка', 'Web development', 'פיתוח ווב', 3],
  ['clouds', 'Bulutlar', 'Облака', 'Clouds', 'ענן', 1],
  ['languages', 'Tillar', 'Языки', 'Languages', 'שפות', 2],
  ['crafts', 'Hunarlar', 'Ремёсла', 'Crafts', 'מלאכות', 1],
  ['exams', 'Imtihonlarga tayyorgarlik', 'Подготовка к экзаменам', 'Exam preparation', 'הכנה לבחינות', 4],
].map(([slug, uz, ru, en, he, courses], position) => ({
  id: id('ca00', position + 1),
  parent_id: null,
  slug,
  name: { uz, ru, en, he },
  position,
  courses,
}));
categories.push({
  id: id('ca00', 20),
  parent_id: categories[0].id,
  slug: 'databases',
  name: { uz: 'Maʼlumotlar bazasi', ru: 'Базы данных', en: 'Databases', he: 'בסיסי נתונים' },
  position: 0,
  courses: 2,
});

const rows = [
  [
    'SQL va PostgreSQL: birinchi soʻrovdan bajarilish rejasigacha',
    'Dilnoza Karimova',
    'uz',
    'beginner',
    20,
    349000,
    490000,
    18,
    42,
    8930,
    4.8,
    1246,
    null,
  ],
  [
    'Машинное обучение на данных, которые бывают в жизни',
    'Азиз Рахмонов',
    'ru',
    'intermediate',
    1,
    590000,
    null,
    31,
    64,
    2210,
    4.9,
    832,
    null,
  ],
  [
    'Английский для разработчиков: переписка, созвоны, документация',
    'Марина Цой',
    'ru',
    'intermediate',
    4,
    199000,
    null,
    12,
    38,
    9120,
    4.7,
    2108,
    null,
  ],
  [
    'Риштанская керамика: форма, роспись, обжиг',
    'Уста Бахром Юсупов',
    'ru',
    'beginner',
    5,
    240000,
    null,
    9,
    21,
    1020,
    4.9,
    317,
    null,
  ],
  [
    'React с нуля до рабочего приложения',
    'Азиз Рахмонов',
    'ru',
    'beginner',
    2,
    null,
    null,
    26,
    51,
    12400,
    4.7,
    1530,
    null,
  ],
  [
    'SQL ו־PostgreSQL: מהשאילתה הראשונה ועד תוכנית הביצוע',
    'נועה ברק',
    'he',
    'beginner',
    20,
    null,
    null,
    18,
    42,
    930,
    4.8,
    246,
    null,
  ],
  [
    'Matematika 60+: mustahkam asos',
    'Sardor Mirzayev',
    'uz',
    'all',
    6,
    null,
    null,
    40,
    88,
    3400,
    4.6,
    512,
    60,
  ],
  [
    'Математика 80+: параметры и стереометрия',
    'Нигора Саидова',
    'ru',
    'advanced',
    6,
    410000,
    null,
    52,
    96,
    1800,
    4.8,
    691,
    80,
  ],
  [
    'Cloud infrastructure without needless cost',
    'Timur Li',
    'en',
    'advanced',
    3,
    620000,
    null,
    22,
    40,
    640,
    4.6,
    408,
    null,
  ],
  ['A new course that nobody has rated yet', 'Elena Pak', 'en', 'all', 2, null, null, 0, 3, 0, null, 0, null],
];

export const cards = rows.map(
  (
    [title, author, language, level, category, price, old, hours, lessons, students, rating, ratings, track],
    n,
  ) => ({
    id: id('c000', n + 1),
    title,
    subtitle:
      language === 'uz'
        ? 'Maʼlumotlarni toʻgʻri saqlash, tez qidirish va sekin soʻrovni oʻzingiz tuzatishni oʻrganasiz.'
        : language === 'he'
          ? 'איך לשמור נתונים נכון, למצוא אותם מהר ולתקן בעצמכם שאילתה איטית.'
          : language === 'ru'
            ? 'Понятно, по шагам и с задачами, которые встречаются на работе.'
            : 'Step by step, with tasks that occur at work.',
    author: { id: id('a000', (author.length % 7) + 1), name: author },
    cover: null,
    language,
    level,
    category_id: id('ca00', category),
    price: price ? som(price) : null,
    old_price: old ? som(old) : null,
    hours_s: hours * 3600,
    lessons,
    modules: Math.max(1, Math.round(lessons / 8)),
    students,
    rating,
    rating_count: ratings,
    track,
    state: 'published',
    updated_at: '2026-11-04T08:00:00Z',
  }),
);

const words = {
  uz: [
    'Kirish: maʼlumot va jadval',
    'Jadvallarni bogʻlash',
    'Indekslar va tezlik',
    'Birinchi soʻrov: SELECT',
    'Saralash va cheklash',
    'Topshiriq: kutubxona katalogi',
  ],
  ru: ['Введение', 'Основы', 'Практика', 'Первый шаг', 'Разбор примера', 'Задача'],
  en: ['Introduction', 'Basics', 'Practice', 'First step', 'A worked example', 'Task'],
  he: [
    'מבוא: נתונים וטבלאות',
    'קישור בין טבלאות',
    'אינדקסים ומהירות',
    'השאילתה הראשונה: SELECT',
    'מיון והגבלה',
    'תרגיל: קטלוג של ספרייה',
  ],
};

export function coursePage(card) {
  const w = words[card.language];
  let n = 0;
  const programme = [0, 1, 2].map((m) => ({
    id: id('d000', m + 1),
    title: w[m],
    duration_s: 7800 + m * 3000,
    lessons: [3, 4, 5].map((l) => ({
      id: id('e000', ++n),
      title: w[l],
      kind: l === 5 ? 'text' : 'video',
      duration_s: l === 5 ? 0 : 500 + n * 97,
      free_preview: m === 0 && l !== 5,
    })),
  }));
  const learn = {
    uz: [
      'Jadvallarni loyihalash va bogʻlash',
      'Murakkab soʻrovlarni bosqichma-bosqich yozish',
      'Indekslarni tanlash va foydasini oʻlchash',
      'Bajarilish rejasini oʻqish',
      'Tranzaksiya va qulflarni tushunish',
      'Zaxira nusxa olish va tiklash',
    ],
    he: [
      'לתכנן טבלאות ולקשר ביניהן',
      'לכתוב שאילתות מורכבות צעד אחר צעד',
      'לבחור אינדקסים ולמדוד את התועלת',
      'לקרוא תוכנית ביצוע',
    ],
    ru: ['Видеть, где теряется время', 'Писать понятно', 'Проверять себя задачами'],
    en: ['See where time is lost', 'Write clearly', 'Check yourself with tasks'],
  }[card.language];
  return {
    ...card,
    description: {
      type: 'doc',
      content: [
        { type: 'paragraph', content: [{ type: 'text', text: card.subtitle }] },
        {
          type: 'codeBlock',
          attrs: { language: 'sql' },
          content: [{ type: 'text', text: 'SELECT title FROM books\nWHERE year > 2020;' }],
        },
      ],
    },
    learn,
    requirements: {
      uz: ['Kompyuter va internet', 'Dasturlash tajribasi shart emas'],
      he: ['מחשב וחיבור לאינטרנט', 'לא נדרש ניסיון בתכנות'],
      ru: ['Компьютер и интернет'],
      en: ['A computer and a network'],
    }[card.language],
    skills: [
      {
        id: id('5000', 1),
        parent_id: null,
        slug: 'sql',
        name: { uz: 'SQL', ru: 'SQL', en: 'SQL', he: 'SQL' },
      },
    ],
    certificate: true,
    access_days: null,
    has_files: true,
    trailer: { video_id: id('f000', 1), duration_s: 134 },
    programme,
    author: {
      ...card.author,
      about: {
        uz: 'Maʼlumotlar bazasi muhandisi, 11 yillik tajriba. Toʻlov tizimlari uchun bazalar qurgan.',
        he: 'מהנדסת בסיסי נתונים עם 11 שנות ניסיון.',
        ru: 'Инженер, 11 лет опыта.',
        en: 'An engineer with 11 years of experience.',
      }[card.language],
      courses: 3,
      students: 14200,
    },
    created_at: '2026-06-04T08:00:00Z',
    published_at: '2026-07-04T08:00:00Z',
    viewer: { own: false },
  };
}

export const me = (locale) => ({
  id: id('a000', 99),
  email: 'malika@example.com',
  email_verified: true,
  first_name: locale === 'he' ? 'דנה' : 'Malika',
  last_name: locale === 'he' ? 'כהן' : 'Yusupova',
  phone: null,
  about: null,
  locale,
  timezone: 'Asia/Tashkent',
  roles: ['student'],
  has_password: true,
  status: 'active',
  created_at: '2026-01-04T08:00:00Z',
});

export const sessions = [
  {
    id: id('5e55', 1),
    device: 'Chrome 156, Linux',
    network: '203.0.113.0/24',
    created_at: '2026-11-01T08:00:00Z',
    last_seen_at: new Date().toISOString(),
    current: true,
  },
  {
    id: id('5e55', 2),
    device: 'Safari, iPhone',
    network: '198.51.100.0/24',
    created_at: '2026-10-01T08:00:00Z',
    last_seen_at: '2026-11-02T08:00:00Z',
    current: false,
  },
];

export const learning = [0, 5, 6].map((n, k) => ({
  course: cards[n],
  enrollment: {
    id: id('e771', n),
    course_id: cards[n].id,
    state: 'in_progress',
    enrolled_at: '2026-11-01T08:00:00Z',
    expires_at: null,
  },
  lessons_done: [13, 0, cards[n].lessons][k],
  lessons: cards[n].lessons,
  percent: [31, 0, 100][k],
  continue:
    k === 2
      ? null
      : {
          lesson_id: id('e000', 4),
          title: words[cards[n].language][4],
          position_s: k === 0 ? 768 : 0,
          duration_s: 1440,
        },
}));
