// The chat of the mock: rooms with everything that a message can bear, one of a hundred thousand messages, and a socket
// that keeps the log while the page is open.
import { cards, me } from './data.mjs';

const uuid = (kind, n) => `0192${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`;
const room = (n) => uuid('c4a7', n);
const lesson = '0192e000-0000-7000-8000-000000000004';
const dilnoza = uuid('aaaa', 1);
const aziz = uuid('aaaa', 2);

const texts = {
  ru: {
    author: 'Дилноза Каримова',
    other: 'Азиз Рахмонов',
    short: 'Дилноза',
    ask: 'Почему после CREATE INDEX план всё равно показывает `Seq Scan`? Таблица маленькая, 300 строк.',
    answer:
      'Всё верно: на 300 строках прочитать таблицу целиком **дешевле**, чем спускаться по дереву. Добавьте данных и повторите.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    thanks: 'Получилось, 4 мс! Спасибо.',
    formula: 'Высота дерева растёт как $h = \\log_b n$, см. [12:48](lesson:LESSON?t=768).',
    mention: '@[ME](OWN), посмотрите ещё https://www.postgresql.org/docs/current/indexes.html',
    file: 'План целиком и снимок экрана:',
    edited: 'Индекс по выражению тоже помогает.',
    line: 'Сообщение номер',
  },
  uz: {
    author: 'Dilnoza Karimova',
    other: 'Aziz Rahmonov',
    short: 'Dilnoza',
    ask: '3-urinishda vaqt chegarasidan oʻta olmayapman. `CREATE INDEX` bor, lekin reja uni ishlatmayapti.',
    answer:
      'Yaxshi savol. Rejada `date_trunc(created_at)` turibdi: indeks ustunning **oʻziga** qurilgan, funksiyaga emas.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    thanks: 'Yaʼni `>=` va `<` bilanmi?',
    formula: 'Daraxt balandligi $h = \\log_b n$ kabi oʻsadi, [12:48](lesson:LESSON?t=768) ga qarang.',
    mention: '@[ME](OWN), yana shuni oʻqing: https://www.postgresql.org/docs/current/indexes.html',
    file: 'Butun reja va ekran surati:',
    edited: 'Ifodaga indeks ham yordam beradi.',
    line: 'Xabar raqami',
  },
  en: {
    author: 'Dilnoza Karimova',
    other: 'Aziz Rahmonov',
    short: 'Dilnoza',
    ask: 'Why does the plan still show `Seq Scan` after CREATE INDEX? The table is small, 300 rows.',
    answer:
      'That is right: at 300 rows reading the whole table is **cheaper** than going down the tree. Add data and try again.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    thanks: 'It worked, 4 ms. Thank you.',
    formula: 'The height of the tree grows as $h = \\log_b n$, see [12:48](lesson:LESSON?t=768).',
    mention: '@[ME](OWN), see also https://www.postgresql.org/docs/current/indexes.html',
    file: 'The whole plan and a screenshot:',
    edited: 'An index on the expression helps as well.',
    line: 'Message number',
  },
  he: {
    author: 'נועה ברק',
    other: 'דניאל כהן',
    short: 'נועה',
    ask: 'למה אחרי CREATE INDEX התוכנית עדיין מראה `Seq Scan`? הטבלה קטנה, 300 שורות.',
    answer:
      'נכון מאוד: ב־300 שורות **זול יותר** לקרוא את כל הטבלה. הוסיפו נתונים ונסו שוב.\n```sql\nINSERT INTO orders\nSELECT * FROM demo(200000);\n```',
    thanks: 'עבד, 4 אלפיות שנייה! תודה.',
    formula: 'גובה העץ גדל כמו $h = \\log_b n$, ראו [12:48](lesson:LESSON?t=768).',
    mention: '@[ME](OWN), ראו גם https://www.postgresql.org/docs/current/indexes.html',
    file: 'התוכנית המלאה וצילום מסך:',
    edited: 'גם אינדקס על ביטוי עוזר.',
    line: 'הודעה מספר',
  },
};

const wordsOf = (locale) => texts[locale] ?? texts.ru;
const picture = (color, width, height) =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${color}"/><text x="40" y="90" font-family="monospace" font-size="40" fill="#fff">Seq Scan on orders</text><text x="40" y="160" font-family="monospace" font-size="40" fill="#fff">cost=0.00..5.00</text></svg>`,
  )}`;

function messages(locale) {
  const words = wordsOf(locale);
  const own = me(locale);
  const myName = `${own.first_name} ${own.last_name}`;
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const fill = (text) =>
    text.replaceAll('LESSON', lesson).replace('OWN', own.id).replace('ME', own.first_name);
  const message = (seq, who, body, minutes, more = {}) => ({
    id: uuid('5e55', seq),
    seq,
    author: { me: own.id, author: dilnoza, other: aziz }[who],
    author_name: { me: myName, author: words.author, other: words.other }[who],
    author_role: who === 'author' ? 'author' : 'student',
    body: fill(body),
    created_at: at(minutes),
    version: 1,
    ...(who === 'me' ? { client_id: `c${seq}` } : {}),
    ...more,
  });
  const ask = message(1, 'me', words.ask, 1500, { at: { lesson, second: 768 } });
  return [
    ask,
    message(2, 'author', words.answer, 1490, {
      reply_to: ask.id,
      reply: { id: ask.id, author: ask.author, author_name: ask.author_name, text: ask.body },
      reactions: [
        { emoji: '👍', n: 3, own: true },
        { emoji: '🎉', n: 1, own: false },
      ],
    }),
    message(3, 'me', words.thanks, 1480),
    message(4, 'other', words.formula, 60),
    message(5, 'other', words.edited, 58, { version: 2, edited_at: at(57) }),
    message(6, 'me', words.file, 40, {
      files: [
        {
          id: uuid('f11e', 1),
          name: 'plan.png',
          size: 84_200,
          content_type: 'image/png',
          kind: 'image',
          width: 640,
          height: 360,
        },
        {
          id: uuid('f11e', 2),
          name: 'explain-analyze-orders.txt',
          size: 18_300,
          content_type: 'text/plain',
          kind: 'file',
        },
      ],
    }),
    message(7, 'other', '', 35, { state: 'deleted' }),
    message(8, 'author', words.mention, 22),
    message(9, 'me', words.thanks, 11),
  ];
}

/** The hundred thousand messages of the room `long`: each is worked out from its number. */
const LONG = 100_000;
function longMessage(seq, locale) {
  const own = me(locale);
  const words = wordsOf(locale);
  const mine = seq % 7 === 0;
  const start = Date.UTC(2026, 0, 1);
  return {
    id: uuid('1009', seq),
    seq,
    author: mine ? own.id : seq % 3 === 0 ? aziz : dilnoza,
    author_name: mine ? own.first_name : seq % 3 === 0 ? words.other : words.author,
    author_role: 'student',
    body: `${words.line} ${seq}. ${words.ask.slice(0, (seq * 37) % words.ask.length)}${seq % 40 === 0 ? '\n```sql\nselect 1;\nselect 2;\n```' : ''}`,
    created_at: new Date(start + seq * 240_000).toISOString(),
    version: 1,
  };
}
const all = (id, locale) =>
  id === room(9)
    ? Array.from({ length: LONG }, (_, index) => longMessage(index + 1, locale))
    : messages(locale);

/** A page of a room's history. */
function page(id, query, locale) {
  const list = all(id, locale);
  const limit = Number(query.get('limit') ?? 50);
  const number = (name) => (query.has(name) ? Number(query.get(name)) : undefined);
  const [before, after, around] = [number('before'), number('after'), number('around')];
  if (after !== undefined) {
    const rest = list.filter(({ seq }) => seq > after);
    return { items: rest.slice(0, limit), has_more: rest.length > limit };
  }
  if (around !== undefined) {
    const older = list.filter(({ seq }) => seq < around);
    const newer = list.filter(({ seq }) => seq >= around);
    const half = Math.ceil(limit / 2);
    return { items: [...older.slice(-half), ...newer.slice(0, half)], has_more: older.length > half };
  }
  const rest = list.filter(({ seq }) => seq < (before ?? Number.POSITIVE_INFINITY));
  return { items: rest.slice(-limit), has_more: rest.length > limit };
}

function rows(locale) {
  const words = wordsOf(locale);
  const course = { id: cards[0].id, slug: cards[0].slug, title: cards[0].title };
  const second = { id: cards[1].id, slug: cards[1].slug, title: cards[1].title };
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const row = (n, kind, title, more = {}) => ({
    id: room(n),
    kind,
    title,
    course: null,
    lesson_id: null,
    task_id: null,
    owner: null,
    role: 'student',
    can_write: true,
    locked: false,
    pinned: false,
    notify: 'all',
    unread: 0,
    read_seq: 9,
    head: 9,
    active_at: at(n * 47),
    last: { author_name: words.author, text: words.edited, at: at(n * 47), own: false },
    desk: null,
    ...more,
  });
  return [
    row(1, 'task', '3.4 SQL', { course, pinned: true, unread: 2, desk: 'answered' }),
    row(2, 'lesson', cards[0].title, { course, unread: 14 }),
    row(3, 'pair', words.author, {
      course,
      last: { author_name: '', text: words.thanks, at: at(11), own: true },
    }),
    row(4, 'question', words.ask, { course, last: null }),
    row(5, 'support', null, { unread: 1, desk: 'waiting' }),
    row(6, 'news', cards[1].title, { course: second, can_write: false }),
    row(7, 'general', null, { unread: 100, notify: 'none' }),
    row(8, 'forum', 'B-tree, GIN, BRIN', { course: second, locked: true, can_write: false }),
    row(9, 'staff', null, {
      last: { author_name: words.other, text: words.formula, at: at(400), own: false },
    }),
  ];
}

/** What the chat asks over HTTP; nothing for an address that is not the chat's. */
export function chatApi(method, path, query, bend, locale) {
  const words = wordsOf(locale);
  if (path === '/rooms') {
    const q = query.get('q')?.toLowerCase();
    const items = rows(locale).filter(
      (one) =>
        (!query.get('kind') || query.get('kind').split(',').includes(one.kind)) &&
        (!query.get('unread') || one.unread > 0) &&
        (!q || `${one.title} ${one.course?.title} ${one.last?.text}`.toLowerCase().includes(q)),
    );
    return { body: { items: bend.includes('empty') ? [] : items, next_cursor: null } };
  }
  if (path === '/rooms/unread') return { body: { total: bend.includes('empty') ? 0 : 17, mentions: 1 } };
  if (path === '/me/blocks') return { body: { items: [], next_cursor: null } };
  const link = /^\/chat-files\/([\w-]+)\/link$/.exec(path)?.[1];
  if (link) return { body: { url: picture('#2f4fc7', 640, 360), thumb_url: picture('#2f4fc7', 640, 360) } };
  const found = /^\/rooms\/([\w-]+)(?:\/(\w+))?/.exec(path);
  if (!found) return undefined;
  const [, id, what] = found;
  if (!what) {
    const one = rows(locale).find((item) => item.id === id) ?? rows(locale)[1];
    return { body: one };
  }
  if (what === 'messages' && method === 'GET') return { body: page(id, query, locale) };
  if (what === 'messages') return { status: 201, body: {} };
  if (what === 'people') {
    const people = [
      { id: dilnoza, name: words.author },
      { id: aziz, name: words.other },
    ];
    const q = query.get('q')?.toLowerCase() ?? '';
    return { body: { items: people.filter(({ name }) => name.toLowerCase().includes(q)) } };
  }
  if (what === 'search') {
    const q = query.get('q')?.toLowerCase() ?? '';
    const items = all(id, locale)
      .filter(({ body }) => body.toLowerCase().includes(q))
      .slice(-20)
      .reverse();
    return { body: { items, has_more: false, next_cursor: null } };
  }
  return undefined;
}

/** Answers of the socket, for a page whose WebSocket is routed to this. */
export function chat(socket, locale, bend = '') {
  const own = me(locale);
  const words = wordsOf(locale);
  const heads = new Map();
  const kinds = new Map(rows(locale).map((one) => [one.id, one]));
  socket.onMessage((text) => {
    const frames = [JSON.parse(text)].flat();
    for (const frame of frames) {
      const say = (answer) => socket.send(JSON.stringify({ re: frame.id, ...answer }));
      const { topic } = frame;
      const next = (entry) => {
        const seq = (heads.get(topic) ?? 0) + 1;
        heads.set(topic, seq);
        socket.send(JSON.stringify({ topic, seq, ...entry }));
        return seq;
      };
      const ack = (entry) => say({ t: 'ack', seq: next(entry), created_at: new Date().toISOString() });
      const id = topic?.slice(5);
      switch (frame.t) {
        case 'hello':
          say({ t: 'welcome', conn: 'x', user: own.id, ping_s: 25, dead_s: 40 });
          break;
        case 'send': {
          if (frame.body.includes('http')) {
            say({ t: 'err', code: 'rejected', msg: 'no', rule: 'links' });
            break;
          }
          const seq = (heads.get(topic) ?? 0) + 1;
          const m = {
            id: uuid('5e77', seq),
            seq,
            client_id: frame.client_id,
            author: own.id,
            author_name: own.first_name,
            author_role: 'student',
            body: frame.body,
            created_at: new Date().toISOString(),
            version: 1,
          };
          ack({ t: 'msg', m });
          break;
        }
        case 'edit':
          ack({
            t: 'edit',
            msg: frame.msg,
            body: frame.body,
            version: frame.version + 1,
            edited_at: new Date().toISOString(),
          });
          break;
        case 'del':
          ack({ t: 'del', msg: frame.msg, by: own.id });
          break;
        case 'react':
          ack({
            t: 'react',
            msg: frame.msg,
            user: own.id,
            emoji: frame.emoji,
            on: frame.on,
            n: frame.on ? 2 : 1,
          });
          break;
        case 'pin':
          ack({
            t: 'pin',
            msg: frame.msg,
            on: frame.on,
            by: own.id,
            preview: { id: frame.msg, author_name: words.author, text: words.edited },
          });
          break;
        case 'answer':
          ack({ t: 'answer', msg: frame.msg, by: own.id });
          break;
        case 'leave':
          say({ t: 'ack' });
          break;
        case 'join': {
          const list = all(id, locale);
          const head = list.at(-1).seq;
          heads.set(topic, head);
          const kind = kinds.get(id)?.kind ?? 'lesson';
          const moderates = bend.includes('staff') || kind === 'staff';
          say({
            t: 'joined',
            topic,
            epoch: 'e',
            head,
            resumed: false,
            reason: 'new',
            page: bend.includes('whole')
              ? { items: list, has_more: false }
              : { items: list.slice(-50), has_more: list.length > 50 || kind === 'lesson' },
            entries: [],
            more: false,
            room: {
              kind,
              title: kinds.get(id)?.title ?? '',
              course_id: cards[0].id,
              can_write: kinds.get(id)?.can_write ?? true,
              locked: kinds.get(id)?.locked ?? false,
              online: 3,
              members: 9,
              slow_s: 0,
              pinned:
                kind === 'lesson' || kind === 'staff'
                  ? [{ id: list[0].id, author_name: words.author, text: list[0].body }]
                  : [],
              accepted: kind === 'question' ? list[1].id : null,
              version: 1,
            },
            me: {
              read: head > 100 ? head : 7,
              delivered: head,
              role: moderates ? 'moderator' : 'student',
              moderates,
              muted_until: bend.includes('muted') ? new Date(Date.now() + 7_200_000).toISOString() : null,
            },
            marks: [{ user: dilnoza, read: 6, delivered: 9 }],
          });
          socket.send(JSON.stringify({ t: 'typing', topic, user: dilnoza, name: words.short }));
          break;
        }
        default:
      }
    }
  });
}
