// Tasks of the mock: one of every kind, in the language of the page, with attempts, a solution and a chat.
const key = (n) => `0192f000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const text = (words) => ({ type: 'text', text: words });
const math = (latex) => ({ type: 'math_inline', attrs: { latex } });
const line = (...content) => ({ type: 'paragraph', content });
const doc = (...content) => ({ type: 'doc', content });
const said = (words) => doc(line(text(words)));

const words = {
  uz: {
    topic: 'Indekslar va soʻrov rejasi',
    number: 'Soʻrov rejasi: noyabr buyurtmalari',
    ask: 'jadvalida 2 000 000 qator bor. Indeks daraxti balandligini toping:',
    form: 'Javobni butun son bilan yozing.',
    comment: 'Tartib toʻgʻri, lekin dalil yetarli emas.',
    student: 'Sardor Mirzayev',
    essay: 'Indeks har doim ham yordam bermaydi, chunki jadval kichik boʻlsa, uni toʻliq oʻqish arzonroq.',
  },
  ru: {
    topic: 'Индексы и план запроса',
    number: 'План запроса: заказы за ноябрь',
    ask: 'хранит 2 000 000 строк. Найдите высоту дерева индекса:',
    form: 'Запишите ответ целым числом.',
    comment: 'Порядок верный, но доказательства мало.',
    student: 'Сардор Мирзаев',
    essay:
      'Индекс помогает не всегда: если таблица мала, прочитать её целиком дешевле, чем спускаться по дереву.',
  },
  en: {
    topic: 'Indexes and the query plan',
    number: 'Query plan: orders of November',
    ask: 'holds 2,000,000 rows. Find the height of its index:',
    form: 'Give a whole number.',
    comment: 'The order is right, but the proof is thin.',
    student: 'Sardor Mirzayev',
    essay: 'An index does not always help: a small table is cheaper to read as a whole.',
  },
  he: {
    topic: 'אינדקסים ותוכנית הביצוע',
    number: 'תוכנית ביצוע: ההזמנות של נובמבר',
    ask: 'מכילה 2,000,000 שורות. מצאו את גובה עץ האינדקס:',
    form: 'כתבו מספר שלם.',
    comment: 'הסדר נכון, אבל ההוכחה דלה.',
    student: 'דוד כהן',
    essay: 'אינדקס לא תמיד עוזר: טבלה קטנה זול יותר לקרוא כולה.',
  },
};
const options = ['Seq Scan', 'Index Scan', 'Bitmap Heap Scan', 'Index Only Scan'];
const listed = (letter, items) => items.map((item, n) => ({ id: `${letter}${n + 1}`, text: item }));
const choices = listed(
  'o',
  options.map((name, n) => (n === 3 ? doc(line(text(`${name}, `), math('O(\\log n)'))) : said(name))),
);
const steps = listed('s', ['Parse', 'Rewrite', 'Plan', 'Execute'].map(said));

const bodies = {
  number: { unit: 'optional', units: ['ms', 's'] },
  text: {},
  choice: { options: choices },
  choices: { options: choices, pick: 2 },
  order: { items: steps },
  match: {
    left: listed('l', ['Seq Scan', 'Index Scan', 'Hash Join'].map(said)),
    right: listed('r', [doc(line(math('O(n)'))), doc(line(math('O(\\log n)'))), doc(line(math('O(n + m)')))]),
    reuse: false,
  },
  free: { max_chars: 2000 },
  file: { max_files: 3, max_mb: 20, types: ['pdf', 'docx', 'png'] },
};
export const kinds = Object.keys(bodies);
const answers = {
  number: ['4', '5', '6'],
  text: ['btree', 'b tree', 'hash'],
  choice: ['o1', 'o3', 'o1'],
  choices: [
    ['o1', 'o2'],
    ['o2', 'o3'],
    ['o1', 'o4'],
  ],
  order: [
    ['s2', 's1', 's3', 's4'],
    ['s4', 's1', 's2', 's3'],
    ['s1', 's3', 's2', 's4'],
  ],
  match: [
    { l1: 'r1', l2: 'r3', l3: 'r2' },
    { l1: 'r2', l2: 'r1', l3: 'r3' },
    { l1: 'r3', l2: 'r1', l3: 'r2' },
  ],
  free: ['…', '…', '…'],
  file: [{ files: ['f1', 'f2'], text: 'PDF' }],
};
const states = ['wrong', 'right', 'partial', 'new', 'wrong', 'right', 'pending', 'new'];

const lessonOf = (n) => (n < 2 ? `0192e000-0000-7000-8000-${String(n + 1).padStart(12, '0')}` : null);

function row(kind, n, locale) {
  const state = states[n];
  const tries = state === 'new' ? 0 : state === 'wrong' ? 3 : 1;
  return {
    id: key(n + 1),
    lesson_id: lessonOf(n),
    title: n === 0 ? words[locale].number : `${words[locale].number}: ${kind}`,
    kind,
    points: 10,
    required: n !== 5,
    state,
    tries,
    wrong: state === 'wrong' ? 3 : 0,
    score: state === 'right' ? 10 : state === 'partial' ? 5 : 0,
    chat: state === 'wrong' ? 'open' : 'closed',
    chat_after: 3,
  };
}

const courseOf = (card) => ({ id: card.id, slug: 'sql', title: card.title });

export const statement = (locale) =>
  doc(
    line(
      { type: 'text', text: 'orders', marks: [{ type: 'code' }] },
      text(` ${words[locale].ask} `),
      math('h = \\lceil \\log_m n \\rceil'),
      text('.'),
    ),
    {
      type: 'math_block',
      attrs: {
        latex: 'h = \\left\\lceil \\frac{\\ln 2\\,000\\,000}{\\ln 256} \\right\\rceil, \\quad m = 256',
      },
    },
    {
      type: 'codeBlock',
      attrs: { language: 'sql' },
      content: [text("SELECT sum(total)\nFROM orders\nWHERE created_at >= '2026-11-01';")],
    },
    line(text(words[locale].form)),
  );

export function topic(id, card, lessons, locale, closed) {
  const opens = new Date(Date.now() + 3 * 86_400_000).toISOString();
  return {
    id,
    title: words[locale].topic,
    position: 3,
    course: courseOf(card),
    opens_at: closed ? opens : null,
    is_open: !closed,
    lessons: lessons.slice(0, 4),
    tasks: kinds.map((kind, n) => row(kind, n, locale)),
    done: 3,
    total: 9,
  };
}

export function task(id, card, locale, bend) {
  const n = kinds.findIndex((_kind, at) => key(at + 1) === id);
  const kind = kinds[n];
  if (!kind) return undefined;
  const base = row(kind, n, locale);
  const at = (minutes) => new Date(Date.UTC(2026, 10, 20, 14, 26) - minutes * 60_000).toISOString();
  const attempts = answers[kind].slice(0, base.tries).map((answer, index) => ({
    id: `${id}-${index}`,
    no: index + 1,
    version: 2,
    answer: kind === 'free' ? words[locale].essay : answer,
    verdict: base.state,
    score: { right: { num: 1, den: 1 }, partial: { num: 1, den: 2 } }[base.state] ?? { num: 0, den: 1 },
    points: base.score,
    parts: null,
    read_as: kind === 'text' ? 'b-tree' : null,
    comment: base.state === 'partial' ? words[locale].comment : null,
    created_at: at(15 * (3 - index)),
    graded_at: null,
    files: kind === 'file' ? [] : null,
  }));
  return {
    ...base,
    version: 2,
    statement: statement(locale),
    body: bodies[kind],
    draft: null,
    attempts: attempts.reverse(),
    wait_s: bend.includes('wait') ? 40 : 0,
    solution: {
      state: base.state === 'right' ? 'open' : kind === 'file' ? 'none' : 'closed',
      rule: { after_right: true, after_wrong: 5, after: null },
    },
    need_wrong: base.chat === 'open' ? 0 : 3 - base.wrong,
    course: courseOf(card),
    topic: { id: card.id, title: words[locale].topic, position: 3 },
    previous_id: n > 0 ? key(n) : null,
    next_id: n < kinds.length - 1 ? key(n + 2) : null,
  };
}

export function submitted(known, sent) {
  const right = sent.answer === '3';
  return {
    attempt: {
      id: 'new',
      no: known.tries + 1,
      version: known.version,
      answer: sent.answer,
      verdict: right ? 'right' : 'wrong',
      score: { num: right ? 1 : 0, den: 1 },
      points: right ? 10 : 0,
      parts: null,
      read_as: null,
      comment: null,
      created_at: new Date().toISOString(),
      graded_at: null,
      files: null,
    },
    task: {
      ...known,
      state: right ? 'right' : 'wrong',
      tries: known.tries + 1,
      wrong: known.wrong + (right ? 0 : 1),
    },
    need_wrong: Math.max(0, known.need_wrong - 1),
    chat_opened: known.need_wrong === 1,
    feedback: null,
  };
}

export const solution = (locale) => ({ solution: statement(locale) });

const keys = {
  number: {
    values: ['3'],
    mode: 'any',
    abs: '0.01',
    rel: null,
    digits: null,
    min_given: false,
    intervals: [{ from: '2.9', to: '3.1', from_open: false, to_open: true }],
    percent: 'reject',
    fractions: 'allow',
    unit: 'optional',
    units: [
      { spelling: 'ms', factor: '1' },
      { spelling: 's', factor: '1000' },
    ],
  },
  text: {
    variants: [
      { text: 'B-tree', score: '1', feedback: null },
      { text: 'btree', score: '0.5', feedback: 'B-tree' },
    ],
    patterns: [{ pattern: 'b[- ]?tree', score: '1', feedback: null }],
    case_sensitive: false,
    lookalikes: true,
    yo_distinct: false,
    ignore_spaces: false,
    digits_any_order: false,
    near_miss: true,
  },
  choice: { right: ['o2'], method: 'exact' },
  choices: { right: ['o2', 'o4'], method: 'balanced' },
  order: { order: ['s1', 's2', 's3', 's4'], method: 'longest' },
  match: { pairs: { l1: 'r1', l2: 'r2', l3: 'r3' }, reuse: false },
  free: { rubric: '2, 2, 1' },
  file: { rubric: '' },
};

export function studioTask(id, locale, moduleId) {
  const n = kinds.findIndex((_kind, at) => key(at + 1) === id);
  const kind = kinds[n];
  if (!kind) return undefined;
  return {
    id,
    course_id: '0192c000-0000-7000-8000-000000000001',
    module_id: moduleId,
    lesson_id: lessonOf(n),
    kind,
    title: row(kind, n, locale).title,
    points: 10,
    required: true,
    chat_after: null,
    version: 2,
    statement: statement(locale),
    body: bodies[kind],
    key: keys[kind],
    solution: statement(locale),
    solution_rule: { after_right: true, after_wrong: 5, after: null },
    note: locale === 'ru' ? 'Уточнил условие' : null,
    edited_by: { id: 'author-1', name: words[locale].student },
    edited_at: '2026-11-19T09:12:00Z',
  };
}

export const studioTasks = (locale, modules) =>
  kinds.map((_kind, n) => studioTask(key(n + 1), locale, modules[0]?.id ?? ''));

export const versions = (id, locale, moduleId) => {
  const now = studioTask(id, locale, moduleId);
  const before = {
    ...now,
    version: 1,
    points: 5,
    statement: said(words[locale].ask),
    note: null,
    edited_at: '2026-11-12T08:00:00Z',
  };
  return [now, before];
};

export const grading = (locale) =>
  ['free', 'file', 'free'].map((kind, n) => ({
    attempt: {
      id: `g${n}`,
      no: 1,
      version: 2,
      answer: kind === 'free' ? words[locale].essay.repeat(3) : answers.file[0],
      verdict: 'pending',
      score: { num: 0, den: 1 },
      points: 0,
      parts: null,
      read_as: null,
      comment: null,
      created_at: '2026-11-20T08:30:00Z',
      graded_at: null,
      files:
        kind === 'file'
          ? [
              { id: 'f1', name: 'reja.pdf', size: 240_000, url: '/m/x/reja.pdf' },
              { id: 'f2', name: 'explain.png', size: 84_000, url: '/m/x/explain.png' },
            ]
          : null,
    },
    task: {
      id: key(7),
      title: row('free', 6, locale).title,
      kind,
      points: 10,
      statement: statement(locale),
      rubric: '2, 2, 1',
    },
    course: { id: 'c', title: 'SQL' },
    student: { id: `u${n}`, name: words[locale].student },
  }));

export const topicChanges = (locale) => [
  {
    title: `${words[locale].topic} 1.0`,
    opens_at: '2026-11-10T04:00:00Z',
    by: { id: 'u1', name: words[locale].student },
    at: '2026-11-18T10:20:00Z',
  },
];

export const lessonTasks = (id, locale) =>
  kinds.map((kind, n) => row(kind, n, locale)).filter(({ lesson_id }) => lesson_id === id);
