// Serves web/dist as the real server does (nonce, content security policy, index.html for every page) over made-up data,
// for looking at pages. `node dev/mock/server.mjs [port]`; the cookie `mock=guest,slow,empty,error,stream,listening` bends it.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { transcode, transcodes } from './admin.mjs';
import { chatApi } from './chat.mjs';
import { cards, categories, coursePage, learning, me, sessions } from './data.mjs';
import { desk } from './desk.mjs';
import { learnCourse, lessonPage, notes } from './learn.mjs';
import { media, playback } from './media.mjs';
import { moderation } from './moderation.mjs';
import { captions, courseStudents, posters, studioCards, studioCourse, viewings } from './studio.mjs';
import { talk } from './talk.mjs';
import * as tasks from './tasks.mjs';

const dist = new URL('../../dist/', import.meta.url);
const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.html': 'text/html',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.vtt': 'text/vtt',
  '.jpg': 'image/jpeg',
};

export const policy = (nonce) =>
  `default-src 'none'; script-src 'self'; script-src-attr 'none'; style-src 'self' 'nonce-${nonce}'; style-src-attr 'none'; ` +
  "img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; " +
  "manifest-src 'self'; frame-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; " +
  "require-trusted-types-for 'script'; trusted-types default";

const problem = (status, code, more = {}) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, ...more },
});

const roles = (bend) => {
  if (bend.includes('admin')) return ['student', 'admin'];
  return bend.includes('staff') ? ['student', 'curator'] : ['student'];
};

/** Which course the page that asks is about. */
const courseFrom = (from) => {
  const id = /\/(?:learn|courses)\/([\w-]+)/.exec(from)?.[1];
  return cards.find((card) => card.id === id) ?? cards[0];
};

function ofTasks(method, path, bend, locale, from, sent) {
  const card = courseFrom(from);
  const [, thing, id, rest = ''] = /^\/(?:learn|studio)\/(topics|tasks)\/([\w-]+)(\/\w+)?$/.exec(path) ?? [];
  if (path === '/catalogue/tracks') {
    const items = [60, 80].map((track) => ({
      track,
      courses: cards.slice(0, 2).map((item) => ({
        ...item,
        summary: '',
        topics: coursePage(item).programme.map(({ title }) => title),
      })),
    }));
    return { body: { items: bend.includes('empty') ? [] : items } };
  }
  if (path === '/grading') {
    return { body: { items: bend.includes('empty') ? [] : tasks.grading(locale), next_cursor: null } };
  }
  if (path.startsWith('/grading/')) return { body: {} };
  const modules = studioCourse(card.id)?.modules ?? [];
  if (/^\/studio\/modules\/[\w-]+\/changes$/.test(path))
    return { body: { items: tasks.topicChanges(locale) } };
  const listed = /^\/studio\/courses\/[\w-]+\/tasks$/.test(path);
  if (listed) return { body: { items: tasks.studioTasks(locale, modules) } };
  if (path === '/studio/tasks/check') {
    return {
      body: {
        verdict: 'partial',
        score: { num: 1, den: 2 },
        parts: null,
        normal: '3',
        read_as: '3',
        hint: null,
        feedback: null,
      },
    };
  }
  if (path.startsWith('/studio/tasks/')) {
    if (bend.includes('stranger')) return problem(403, 'forbidden');
    if (rest === '/versions') return { body: { items: tasks.versions(id, locale, modules[0]?.id) } };
    const found = tasks.studioTask(id, locale, modules[0]?.id);
    if (!found) return problem(404, 'not_found');
    return method === 'GET' ? { body: found } : problem(412, 'precondition_failed');
  }
  if (/^\/tasks\/[\w-]+\/room$/.test(path)) {
    return { body: { room_id: 'r1', open: true, need_wrong: 0, expected_s: 540 } };
  }
  if (thing === 'topics') {
    if (bend.includes('stranger')) return problem(403, 'not_enrolled');
    const lessons = learnCourse(card.id)?.modules.flatMap((module) => module.lessons) ?? [];
    return {
      body: bend.includes('empty')
        ? { ...tasks.topic(id, card, [], locale, false), tasks: [] }
        : tasks.topic(id, card, lessons, locale, bend.includes('closed')),
    };
  }
  if (thing === 'tasks') {
    if (bend.includes('stranger')) return problem(403, 'not_enrolled');
    if (bend.includes('closed')) {
      return problem(403, 'topic_closed', { opens_at: '2027-01-24T04:00:00Z' });
    }
    const found = tasks.task(id, card, locale, bend);
    if (!found) return problem(404, 'not_found');
    if (rest === '/draft') return { status: 204 };
    if (rest === '/solution') return { body: tasks.solution(locale) };
    if (rest === '/attempts') {
      if (sent?.answer === 'x') return problem(422, 'answer_invalid', { hint: 'not_a_number' });
      return { status: 201, body: tasks.submitted(found, sent ?? {}) };
    }
    return { body: found };
  }
  return undefined;
}

function api(method, path, query, bend, locale, from, sent) {
  const guest = bend.includes('guest');
  const who = { ...me(locale), roles: roles(bend) };
  const page = (items) => ({ body: { items: bend.includes('empty') ? [] : items, next_cursor: null } });
  if (path === '/config') {
    return {
      body: {
        repository_url: 'https://example.org/ilmspace',
        locales: ['uz', 'ru', 'en', 'he'],
        default_locale: 'uz',
        currency: 'UZS',
        sign_in: { password: true, code: true },
        sandbox: true,
        version: '0.0.0',
        upload: { max_bytes: 1e10, types: ['video/mp4'] },
      },
    };
  }
  if (path.startsWith('/auth/')) {
    if (path === '/auth/refresh')
      return guest
        ? problem(401, 'unauthenticated')
        : { body: { access_token: 'mock', expires_in: 600, user: who } };
    if (path === '/auth/login') return problem(401, 'credentials_invalid');
    if (path === '/auth/verify') return problem(401, 'otp_invalid');
    if (path === '/auth/code' || path === '/auth/register')
      return { status: 202, body: { challenge: 'c', resend_after_s: 60 } };
    return { status: 204 };
  }
  if (bend.includes('error'))
    return problem(503, 'unavailable', { instance: '0192aaaa-0000-7000-8000-000000000001' });
  const ofChat = chatApi(method, path, query, bend, locale);
  if (ofChat) return ofChat;
  if (path === '/me') return { body: who };
  if (path === '/me/sessions') return page(sessions);
  if (path === '/me/learning') return page(learning);
  if (path === '/categories') return page(categories);
  if (path === '/courses') {
    let found = cards;
    const category = categories.find((item) => item.slug === query.get('category'));
    if (category)
      found = found.filter(
        (card) =>
          card.category_id === category.id ||
          categories.some((c) => c.parent_id === category.id && c.id === card.category_id),
      );
    for (const key of ['level', 'language'])
      if (query.get(key)) found = found.filter((card) => card[key] === query.get(key));
    if (query.get('free')) found = found.filter((card) => !card.price);
    if (query.get('track')) found = found.filter((card) => String(card.track) === query.get('track'));
    if (query.get('q'))
      found = found.filter((card) => card.title.toLowerCase().includes(query.get('q').toLowerCase()));
    if (query.get('sort') === 'newest') found = [...found].reverse();
    return page(found.slice(0, Number(query.get('limit') ?? 24)));
  }
  const course = /^\/courses\/([^/]+)$/.exec(path);
  if (course) {
    const card = cards.find((item) => item.id === course[1]);
    return card ? { body: coursePage(card) } : problem(404, 'not_found');
  }
  if (path === '/studio/courses') return page(studioCards);
  if (path === '/skills' || path === '/uploads') return page([]);
  const studio = /^\/studio\/courses\/([^/]+)$/.exec(path);
  if (studio) {
    const found = method === 'GET' ? studioCourse(studio[1]) : undefined;
    return found ? { body: found } : problem(method === 'GET' ? 404 : 412, 'precondition_failed');
  }
  const students = /^\/studio\/courses\/([^/]+)\/students$/.exec(path);
  if (students) {
    const found = courseStudents(students[1], query, bend);
    return found ? { body: found } : problem(404, 'not_found');
  }
  const about = ofTasks(method, path, bend, locale, from, sent);
  if (about) return about;
  if (path === '/admin/transcodes') return page(transcodes);
  if (/^\/admin\/transcodes\/[^/]+$/.test(path)) return { body: transcode };
  const around = /^\/videos\/[^/]+\/(captions|posters|analytics)(?:\/\w+)?$/.exec(path)?.[1];
  if (around === 'captions' && method === 'PUT') {
    return problem(422, 'captions_invalid', {
      reason: 'captions_ends_before_start',
      line: 14,
    });
  }
  if (around) return { body: { captions: { items: captions }, posters, analytics: viewings }[around] };
  const learn = /^\/learn\/courses\/([^/]+)$/.exec(path);
  if (learn) {
    const found = learnCourse(learn[1]);
    return found ? { body: found } : problem(404, 'not_found');
  }
  const noted = /^\/learn\/(?:lessons|courses)\/([^/]+)\/notes$/.exec(path);
  if (noted && method === 'GET') return page(notes(noted[1]));
  const lesson = /^\/learn\/lessons\/([^/]+)$/.exec(path);
  if (lesson) {
    if (bend.includes('stranger')) return problem(403, 'not_enrolled');
    // The mock's lessons have the same ids in every course: the address of the page tells which one is meant.
    const course = /\/learn\/([^/]+)\//.exec(from)?.[1];
    const found = lessonPage(lesson[1], course, locale);
    return found ? { body: found } : problem(404, 'not_found');
  }
  if (/^\/lessons\/[^/]+\/room$/.test(path)) {
    return bend.includes('nochat') ? problem(403, 'not_enrolled') : { body: { room_id: 'r1' } };
  }
  if (/^\/lessons\/[^/]+\/play$/.test(path)) {
    const listening = bend.includes('listening');
    if (!listening && !bend.includes('stream')) return problem(409, 'video_not_ready');
    return { body: playback(listening) };
  }
  if (/^\/learn\/lessons\/[^/]+\/progress$/.test(path)) {
    return { body: { percent: 62, mark: 'in_progress', course_percent: 31.4 } };
  }
  if (/^\/playback\/[^/]+\/heartbeat$/.test(path)) return { body: playback(bend.includes('listening')) };
  if (/^\/playback\/[^/]+(\/report)?$/.test(path)) return { status: 204 };
  const answer =
    desk(method, path, query, bend) ??
    talk(method, path, query, bend) ??
    moderation(method, path, query, bend);
  return answer ?? problem(404, 'not_found', { detail: `${method} ${path} is not mocked` });
}

export function serve(port) {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const cookie = request.headers.cookie ?? '';
    const bend = /mock=([\w,]+)/.exec(cookie)?.[1] ?? '';
    const locale = /ilm_lang=(\w\w)/.exec(cookie)?.[1] ?? 'uz';
    let written = '';
    request.setEncoding('utf8');
    request.on('data', (part) => {
      written += part;
    });
    await new Promise((resolve) => request.on('end', resolve));
    let sent;
    try {
      sent = JSON.parse(written);
    } catch {
      // An upload, or nothing.
    }
    const said = /^\/api\/v1\/learn\/lessons\/[^/]+\/captions\/(\w+)$/.exec(url.pathname)?.[1];
    if (said) {
      const text = `${media()}/${said}.vtt`;
      if (!existsSync(text)) return response.writeHead(404).end();
      return response.writeHead(200, { 'content-type': types['.vtt'] }).end(readFileSync(text));
    }
    if (url.pathname.startsWith('/api/v1')) {
      if (bend.includes('slow')) await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
      const { status = 200, body } = api(
        request.method,
        url.pathname.slice(7),
        url.searchParams,
        bend,
        locale,
        request.headers.referer ?? '',
        sent,
      );
      response.writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        'cache-control': 'no-store',
      });
      return response.end(body === undefined ? undefined : JSON.stringify(body));
    }
    const part = /^\/m\/[^/]+\/[^/]+\/([\w.]+)$/.exec(url.pathname)?.[1];
    if (part) {
      const place = media();
      const wanted = place && `${place}/${part}`;
      if (!wanted || !existsSync(wanted)) return response.writeHead(404).end();
      response.writeHead(200, { 'content-type': types[extname(part)] ?? 'application/octet-stream' });
      return response.end(readFileSync(wanted));
    }
    const file = new URL(`.${url.pathname}`, dist);
    if (url.pathname !== '/' && existsSync(file)) {
      response.writeHead(200, { 'content-type': types[extname(url.pathname)] ?? 'application/octet-stream' });
      return response.end(readFileSync(file));
    }
    if (url.pathname.startsWith('/assets/')) return response.writeHead(404).end();
    const nonce = randomBytes(16).toString('base64');
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy(nonce),
    });
    response.end(
      readFileSync(new URL('index.html', dist), 'utf8')
        .replaceAll('__CSP_NONCE__', nonce)
        .replace('<!--head-->', '<title>IlmSpace</title>'),
    );
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

if (process.argv[1]?.endsWith('server.mjs')) {
  const port = Number(process.argv[2] ?? 4173);
  await serve(port);
  console.log(`http://localhost:${port}`);
}
