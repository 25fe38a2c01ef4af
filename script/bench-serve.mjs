// Requests a second of the server and of nginx (secure_link, sendfile) on the same bytes: called by script/bench.
//   node script/bench-serve.mjs DIRECTORY BINARY
// The one who serves has the first core, the load the second; the two take turns, and the median of the rounds counts.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { caller, freePort, median, run, start, startOurs, stopAll, until } from './bench-lib.mjs';

const [place, binary] = process.argv.slice(2);
const seconds = Number(process.env.SECONDS_EACH ?? 8);
const rounds = Number(process.env.ROUNDS ?? 3);
const CONNECTIONS = 64;
const SECRET = randomBytes(16).toString('hex');
const FILM_SECONDS = 16;
const VIEWERS = 200;
/** What the line of one viewer carries, bytes a second: 2.5 Mbit/s. */
const LINE = 2_500_000 / 8;

// ------------------------------------------------------------------ ours
const ADMIN = 'bench@example.com';
const { port, base, pid, drop } = await startOurs({
  place,
  binary,
  beside: process.env.TEST_DATABASE_URL,
  accounts: [['create-admin', ADMIN]],
  wrap: (...command) => ['taskset', '-c', '0', ...command],
  variables: { ILM__LOG__FILTER: 'warn', ILM__MEDIA__PLAYBACK_TOKEN_SECONDS: '7200' },
});
const api = caller(base);
const { json } = api;
api.token = await api.signIn(ADMIN);
// Noise, so that each rung comes to the bit rate that it is allowed.
const film = join(place, 'film.mp4');
await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=25:d=${FILM_SECONDS},noise=alls=40:allf=t`,
  '-f', 'lavfi', '-i', `anoisesrc=d=${FILM_SECONDS}:c=pink:a=0.2`, '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '24', '-c:a', 'aac', film]);
const course = await json('POST', '/studio/courses', { title: 'Bench', language: 'en' });
const module = await json('POST', `/studio/courses/${course.id}/modules`, { title: 'One' });
const lesson = await json('POST', `/studio/modules/${module.id}/lessons`, { title: 'Noise', kind: 'video' });
const bytes = readFileSync(film);
const encoded = (text) => Buffer.from(text).toString('base64');
const tus = { 'tus-resumable': '1.0.0' };
const created = await api('POST', '/uploads', undefined, {
  ...tus,
  'upload-length': String(bytes.length),
  'upload-metadata': `filename ${encoded('film.mp4')},filetype ${encoded('video/mp4')},purpose ${encoded('video')}`,
});
const upload = created.headers.get('location').split('/').pop();
await api('PATCH', `/uploads/${upload}`, bytes, { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' });
const { video } = await json('PUT', `/studio/lessons/${lesson.id}/video`, { upload_id: upload });
await until('the film is ready', async () => {
  const { state, error } = await json('GET', `/videos/${video.id}`);
  if (error) throw new Error(JSON.stringify(error));
  return state === 'ready';
}, 600_000);
const { master_url: master } = await json('POST', `/lessons/${lesson.id}/play`, {});
const root = master.slice(0, master.lastIndexOf('/'));

// ------------------------------------------------------------------ the same bytes for nginx
const www = join(place, 'www');
mkdirSync(join(www, 's'), { recursive: true });
const media = async (path) => Buffer.from(await (await fetch(`${base}${root}/${path}`)).arrayBuffer());
const playlist = await media('v/720p.m3u8');
const key = /URI="\.\.\/(k\/\d+)"/.exec(playlist.toString())?.[1];
const kinds = [
  { name: 'large segment', path: '720p/1.m4s', wanted: 1.4 },
  { name: 'small segment', path: '240p/1.m4s', wanted: 1.0 },
  { name: 'playlist', path: 'v/720p.m3u8', wanted: 0.9 },
  { name: 'key', path: key, wanted: 0.9 },
].filter(({ name }) => !process.env.ONLY || name === process.env.ONLY);
for (const [at, kind] of kinds.entries()) {
  const content = await media(kind.path);
  kind.bytes = content.length;
  kind.file = `/s/${at}`;
  writeFileSync(join(www, kind.file), content);
}
const other = await freePort();
writeFileSync(join(place, 'nginx.conf'), `
worker_processes 1;
daemon off;
pid ${place}/nginx.pid;
error_log ${place}/nginx.log warn;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path ${place}/t1; proxy_temp_path ${place}/t2; fastcgi_temp_path ${place}/t3;
  uwsgi_temp_path ${place}/t4; scgi_temp_path ${place}/t5;
  open_file_cache max=1000 inactive=60s;
  server {
    listen 127.0.0.1:${other};
    root ${www};
    location /s/ {
      secure_link $arg_md5,$arg_expires;
      secure_link_md5 "$secure_link_expires$uri$remote_addr ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
    }
  }
}`);
await run('chmod', ['-R', 'a+rX', place]);
start(['taskset', '-c', '0', '/usr/sbin/nginx', '-p', place, '-c', join(place, 'nginx.conf')]);
function signed(file) {
  const expires = Math.floor(Date.now() / 1000) + 7200;
  const md5 = createHash('md5').update(`${expires}${file}127.0.0.1 ${SECRET}`).digest('base64url');
  return `http://127.0.0.1:${other}${file}?md5=${md5}&expires=${expires}`;
}
await until('nginx is ready', async () => (await fetch(signed(kinds[0].file))).ok, 10_000);
if ((await fetch(`http://127.0.0.1:${other}${kinds[0].file}`)).status !== 403) throw new Error('nginx checks nothing');

// ------------------------------------------------------------------ the load
async function load(target) {
  const { stdout } = await run('taskset', ['-c', '1', 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', target]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  const milliseconds = (text) => {
    const [, number, unit] = /([\d.]+)(us|ms|s)/.exec(text) ?? [];
    if (!unit) throw new Error(stdout);
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p99: milliseconds(/99%\s+(\S+)/.exec(stdout)[1]),
  };
}
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const idle = resident();
console.log(`${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s each, the median; server on one core, load on the other`);
console.log('| what | bytes | nginx req/s | ours req/s | ratio | wanted | p99 nginx | p99 ours |');
console.log('|---|---|---|---|---|---|---|---|');
for (const kind of kinds) {
  const [theirs, ours] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    theirs.push(await load(signed(kind.file)));
    ours.push(await load(`${base.replace('localhost', '127.0.0.1')}${root}/${kind.path}`));
  }
  const of = (results, what) => median(results.map((result) => result[what]));
  const [a, b] = [of(theirs, 'rate'), of(ours, 'rate')];
  console.log(`| ${kind.name} | ${kind.bytes} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(b / a).toFixed(2)} | ${kind.wanted} | ${of(theirs, 'p99').toFixed(1)} ms | ${of(ours, 'p99').toFixed(1)} ms |`);
}
console.log(`resident: ${idle.toFixed(0)} MB before, ${resident().toFixed(0)} MB after`);

// ------------------------------------------------------------------ many viewers, each on a line of its own
const paragraph = (text) => ({ type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] });
await api('PATCH', `/studio/lessons/${lesson.id}`, { free_preview: true }, { 'if-match': '*' });
await api('POST', `/studio/lessons/${lesson.id}/submit`);
const { items: categories } = await json('GET', '/categories');
await api('PATCH', `/studio/courses/${course.id}`, {
  subtitle: 'A film that is watched by many',
  description: paragraph('Noise.'),
  category_id: categories[0].id,
  level: 'beginner',
  learn: ['Patience', 'Endurance'],
  requirements: ['Ears'],
}, { 'if-match': '*' });
await api('POST', `/studio/courses/${course.id}/publish`);
api.token = undefined; // The viewers are strangers, each with a session of their own.

/** Fetches what a player fetches, one thing after the other and no faster than the line, until it is told to end. */
function watch(root, ended) {
  const rung = ['240p', '360p', '480p', '720p'][Math.floor(Math.random() * 4)];
  const segments = FILM_SECONDS / 4;
  let next = Math.floor(Math.random() * segments);
  const wanted = ['master.m3u8', `v/${rung}.m3u8`, key, `${rung}/init.mp4`];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let head = '';
    let left = 0;
    const ask = () => {
      if (ended()) return socket.end();
      const path = wanted.shift() ?? `${rung}/${next++ % segments}.m4s`;
      head = '';
      left = 0;
      return socket.write(`GET ${root}/${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    };
    socket.on('connect', ask).on('error', reject).on('close', resolve);
    socket.on('data', (bytes) => {
      if (left > 0) {
        left -= bytes.length;
      } else {
        head += bytes.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 200')) reject(new Error(head.slice(0, 300)));
        left = Number(/content-length: (\d+)/i.exec(head)[1]) - (head.length - end - 4);
      }
      socket.pause();
      setTimeout(() => {
        socket.resume();
        if (left <= 0) ask();
      }, (bytes.length / LINE) * 1000);
    });
  });
}
const alone = resident();
const roots = [];
for (let viewer = 0; viewer < VIEWERS; viewer += 1) {
  const { master_url: url } = await json('POST', `/lessons/${lesson.id}/play`, {});
  roots.push(url.slice(0, url.lastIndexOf('/')));
}
const end = Date.now() + seconds * 4000;
let most = alone;
const sampling = setInterval(() => {
  most = Math.max(most, resident());
}, 250);
await Promise.all(roots.map((root) => watch(root, () => Date.now() > end)));
clearInterval(sampling);
console.log(`${VIEWERS} viewers for ${seconds * 4} s: ${alone.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`);

await stopAll();
await drop();
