// The chat side by side with nginx's nchan and socket.io, and its commits with pgbench's: called by script/bench.
//   node script/bench-chat.mjs DIRECTORY BINARY LOAD_CLIENT
// The one who serves has the first core, the load the second; PostgreSQL takes what is free, with its usual care for
// crashes. They take turns, and the median of the rounds counts. ONLY=closed1000,idle… runs parts;
// PEERS=ilm,nchan,sio names who takes part; ROUNDS, SECONDS_EACH: how often and how long; PRIORITY=5 (as root: real-time, of chrt) for a
// machine on which other work runs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { caller, freePort, median, run, sleep, start, startOurs, stopAll, until } from './bench-lib.mjs';

const [place, binary, client] = process.argv.slice(2);
const seconds = Number(process.env.SECONDS_EACH ?? 8);
const rounds = Number(process.env.ROUNDS ?? 3);
const only = process.env.ONLY?.split(',');
const peers = (process.env.PEERS ?? 'nchan,sio,ilm').split(',');
const many = Number(process.env.ROOMS ?? 1000);
const first = process.env.PRIORITY ? ['chrt', '-r', process.env.PRIORITY] : [];
/** A command with its arguments, on a core, before everything else if it is asked for. */
const on = (core, ...command) => [...first, ...(core ? ['taskset', '-c', core] : []), ...command];
const PEOPLE = 20;
/** Core of who serves, core of the load. */
const [SERVES, LOADS] = availableParallelism() > 1 ? ['0', '1'] : ['0', '0'];

const wants = (part) => !only || only.includes(part);
const takesPart = (peer) => peers.includes(peer);

// ------------------------------------------------------------------ ours
const servers = {};
async function startIlm() {
  const metrics = await freePort();
  const emails = Array.from({ length: PEOPLE }, (_, n) => `bench${n}@example.com`);
  const ours = await startOurs({
    place,
    binary,
    beside: process.env.BENCH_DATABASE_URL,
    accounts: emails.map((email) => ['create-moderator', email]),
    wrap: (...command) => on(SERVES, ...command),
    variables: {
      ILM__SERVER__METRICS_BIND: `127.0.0.1:${metrics}`,
      ILM__LOG__FILTER: process.env.RUST_LOG ?? 'error',
      ILM__AUTH__ACCESS_TOKEN_SECONDS: '7200',
      ILM__CHAT__MAX_SESSIONS_PER_USER: '100000',
      ...(process.env.BENCH_REDIS_URL ? { ILM__REDIS__URL: process.env.BENCH_REDIS_URL } : {}),
    },
  });
  const call = caller(ours.base);
  const { json } = call;
  const tokens = [];
  for (const email of emails) tokens.push(await call.signIn(email));
  [call.token] = tokens;
  const rooms = [];
  const wanted = wants('rooms') ? many : 1;
  while (rooms.length < wanted) {
    const course = await json('POST', '/studio/courses', { title: 'Bench', language: 'en' });
    const module = await json('POST', `/studio/courses/${course.id}/modules`, { title: 'One' });
    for (let n = 0; n < 50 && rooms.length < wanted; n += 1) {
      const lesson = await json('POST', `/studio/modules/${module.id}/lessons`, { title: `Lesson ${n}`, kind: 'text' });
      rooms.push((await json('GET', `/lessons/${lesson.id}/room`)).room_id);
    }
  }
  const cut = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    return Number(/ilm_ws_cut_total\{code="4201"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  servers.ilm = { ...ours, rooms, tokens, cut };
}

// ------------------------------------------------------------------ the peers
async function startNchan() {
  const port = await freePort();
  writeFileSync(join(place, 'nginx.conf'), `
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid ${place}/nginx.pid;
error_log ${place}/nginx.log warn;
events { worker_connections 20000; }
http {
  access_log off;
  client_body_temp_path ${place}/t1; proxy_temp_path ${place}/t2; fastcgi_temp_path ${place}/t3;
  uwsgi_temp_path ${place}/t4; scgi_temp_path ${place}/t5;
  nchan_message_buffer_length 100;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /sub { nchan_subscriber websocket; nchan_channel_id $arg_id; nchan_subscriber_first_message newest; }
    location = /pub { nchan_publisher websocket; nchan_channel_id $arg_id; }
  }
}`);
  await run('chmod', ['-R', 'a+rX', place]);
  const nginx = start(on(SERVES, '/usr/sbin/nginx', '-p', place, '-c', join(place, 'nginx.conf')));
  const worker = await until('nginx is ready', async () => {
    const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8').trim().split(' ');
    for (const pid of children) {
      if (/worker process/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return Number(pid);
    }
    return undefined;
  }, 10_000);
  servers.nchan = { port, pid: worker, rooms: ['r'], tokens: [] };
}
async function startSio() {
  const port = await freePort();
  const node = start(on(SERVES, process.execPath, 'script/bench-chat/socketio.mjs', String(port)));
  await until('socket.io is ready', async () => (await fetch(`http://127.0.0.1:${port}/socket.io/`)).status > 0, 10_000);
  servers.sio = { port, pid: node.pid, rooms: ['r'], tokens: [] };
}
mkdirSync(place, { recursive: true });
const starts = { ilm: startIlm, nchan: startNchan, sio: startSio };
for (const peer of peers) await starts[peer]();

// ------------------------------------------------------------------ the load
let runs = Math.floor(Date.now() / 1000) % 1_000_000;
async function load(peer, order) {
  const { port, pid, rooms, tokens } = servers[peer];
  const all = { peer, port, pid, rooms: rooms.slice(0, 1), tokens, seconds, run: (runs += 1), ...order };
  const [command, ...rest] = on(LOADS, client, JSON.stringify(all));
  const { stdout, stderr } = await run(command, rest, { maxBuffer: 1 << 24 });
  if (stderr) process.stderr.write(stderr.split('\n').slice(0, 5).join('\n').concat('\n'));
  const result = JSON.parse(stdout);
  if (process.env.VERBOSE) console.log(peer, JSON.stringify(result));
  // The server forgets the last run's sockets.
  await sleep(1500);
  return result;
}
/** Rounds of all who take part, in turns; the medians of each, and the sums of what must not happen. */
async function measure(order, who = peers) {
  const results = Object.fromEntries(who.map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of who) results[peer].push(await load(peer, order));
  }
  return Object.fromEntries(Object.entries(results).map(([peer, all]) => {
    const names = Object.keys(all[0]);
    return [peer, Object.fromEntries(names.map((name) => [name, median(all.map((one) => one[name]))]))];
  }));
}
const digits = (number, places = 0) => (number === undefined || Number.isNaN(number) ? '' : number.toFixed(places));
const ratio = (a, b) => (a === undefined || b === undefined ? '' : (a / b).toFixed(2));
function row(what, results, name, places, wantedNchan, wantedSio) {
  const of = (peer) => results[peer]?.[name];
  console.log(`| ${what} | ${digits(of('nchan'), places)} | ${digits(of('sio'), places)} | ${digits(of('ilm'), places)} | ${ratio(of('ilm'), of('nchan'))} | ${wantedNchan} | ${ratio(of('ilm'), of('sio'))} | ${wantedSio} |`);
}
function notes(results) {
  for (const [peer, { lost, doubles, readers_gone: gone, client_busy: busy, server_busy: server }] of Object.entries(results)) {
    if (lost || doubles || gone) console.log(`${peer}: ${lost} lost, ${doubles} double, ${gone} readers gone`);
    if (process.env.VERBOSE || busy > 0.95) console.log(`${peer}: the load's core was busy ${digits(busy * 100)} %, the server's ${digits(server * 100)} %`);
  }
}

console.log(`${rounds} rounds of ${seconds} s each, medians; messages of 128 bytes; server on one core, load on the other`);
console.log('| what | nchan | socket.io | ours | ours to nchan | wanted | ours to socket.io | wanted |');
console.log('|---|---|---|---|---|---|---|---|');
if (wants('idle')) {
  const results = {};
  // Once, and first: it is the growth of a server that has never held so many.
  for (const peer of peers) results[peer] = await load(peer, { load: 'idle', readers: 10_000, seconds: 3 });
  row('10,000 idle sockets: KiB each', results, 'kib_each', 1, '', '');
  notes(results);
}
for (const [readers, nchan, sio] of [[1000, '>= 1.5', '>= 2.5'], [5000, '>= 1.3', '>= 2.0']]) {
  if (!wants(`closed${readers}`)) continue;
  const results = await measure({ load: 'room', readers, in_flight: 8 });
  row(`8 in flight, ${readers} readers: deliveries/s`, results, 'deliveries_s', 0, nchan, sio);
  row('the same: p99, ms', results, 'p99_ms', 1, '', '');
  row('the same: CPU a delivery, µs', results, 'cpu_us', 2, '', '');
  notes(results);
}
if (wants('steady')) {
  const results = await measure({ load: 'room', readers: 5000, rate: 4 });
  row('20,000 deliveries/s to 5,000 readers: p50, ms', results, 'p50_ms', 1, '', '');
  row('the same: p99, ms', results, 'p99_ms', 1, '<= 2.0, < 200 ms', '');
  row('the same: CPU a delivery, µs', results, 'cpu_us', 2, '', '<= 1.0');
  notes(results);
}
if (wants('storm') && takesPart('ilm')) {
  const results = await measure({ load: 'storm', readers: 3000 }, ['ilm']);
  console.log(`| 3,000 come back at once with join and last page: s | | | ${digits(results.ilm.seconds, 2)} | wanted < 3 | | | |`);
}
if (wants('stuck') && takesPart('ilm')) {
  const STUCK = 20;
  // In turns and equally long: long enough that all are cut within.
  const calm = { load: 'room', readers: 200, rate: 100, seconds: Math.max(12, seconds) };
  const [without, withStuck, cuts] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    without.push(await load('ilm', calm));
    const before = await servers.ilm.cut();
    const begun = Date.now();
    const [result, cutAfter] = await Promise.all([
      load('ilm', { ...calm, stuck: STUCK }),
      until('all stuck readers are cut', async () => (await servers.ilm.cut()) >= before + STUCK && Date.now() - begun, 60_000),
    ]);
    withStuck.push(result);
    cuts.push(cutAfter / 1000);
  }
  const of = (results, name) => median(results.map((one) => one[name]));
  const each = (withStuck[0].resident_kib - without[0].resident_kib) / STUCK;
  const [p99, theirs] = [of(without, 'p99_ms'), of(withStuck, 'p99_ms')];
  console.log(`| ${STUCK} that never read among 200: cut after, s | | | ${digits(median(cuts), 1)} | wanted < 10 | | | |`);
  console.log(`| the same: KiB each | | | ${digits(Math.max(0, each))} | wanted < 1024 | | | |`);
  console.log(`| the same: p99 of the others, ms, without and with | | | ${digits(p99, 1)}, ${digits(theirs, 1)} | ${ratio(theirs, p99)}, wanted <= 1.2 | | | |`);
  notes({ ilm: withStuck[0] });
}
if (wants('rooms') && takesPart('ilm')) {
  const script = join(place, 'single.sql');
  writeFileSync(script, `insert into single_rows(body) values ('${'x'.repeat(128)}');\n`);
  await run('psql', [servers.ilm.database, '-qc', 'create table single_rows(id bigserial primary key, body text not null, at timestamptz not null default now())']);
  const [theirs, ours] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const [command, ...rest] = on(undefined, 'pgbench', '-n', '-c', '16', '-j', '1', '-T', String(Math.ceil(seconds)), '-f', script, servers.ilm.database);
    const { stdout } = await run(command, rest);
    theirs.push(Number(/tps = ([\d.]+)/.exec(stdout)[1]));
    ours.push(await load('ilm', { load: 'rooms', rooms: servers.ilm.rooms, readers: many * 10 }));
  }
  const [a, b] = [median(theirs), median(ours.map((one) => one.acks_s))];
  console.log(`| ${many} rooms of 10: committed and acknowledged messages/s, to pgbench's single rows at 16 clients | ${digits(a)} | | ${digits(b)} | ${ratio(b, a)} | >= 2.0 | | |`);
  notes({ ilm: ours[0] });
}

await stopAll();
await servers.ilm?.drop();
