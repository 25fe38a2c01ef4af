// What the benches beside peers share: a server of ours on a database of its own, children that end with the bench, calls.

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);
/** Of every account that a bench makes. */
export const PASSWORD = 'a long walk to Samarkand 7';

export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What `ask` gives as soon as it gives something; a throw is nothing yet. */
export async function until(what, ask, milliseconds) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await sleep(100);
  }
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const children = [];
/** Starts what runs until [stopAll]: a command and its arguments. */
export function start([command, ...rest], options = {}) {
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  children.push(child);
  return child;
}
/** Ends everything that was started, and waits for it. */
export async function stopAll() {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(
    children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((resolve) => child.once('exit', resolve))),
  );
}

/**
 * A server of ours with one worker and no limits, on a new database beside the one at `beside`: what it writes is below `place`;
 * `accounts` are pairs of the command that makes one and its address; `wrap` puts it on a core; `variables` are further ones.
 */
export async function startOurs({ place, binary, beside, accounts, wrap, variables = {} }) {
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await run('psql', [beside, '-qc', `create database ${name}`]);
  const database = new URL(beside);
  database.pathname = `/${name}`;
  const env = {
    ...process.env,
    DATABASE_URL: database.href,
    ILM_CONFIG: 'config/test.toml',
    ILM__SITE__BASE_URL: base,
    ILM__SERVER__BIND: `127.0.0.1:${port}`,
    ILM__SERVER__WORKERS: '1',
    ILM__STORAGE__DIRECTORY: join(place, 'objects'),
    ILM__STORAGE__SPOOL: join(place, 'spool'),
    ILM__MAIL__DIRECTORY: join(place, 'mail'),
    ILM__SECRETS__DIRECTORY: join(place, 'secrets'),
    ILM__SECRETS__GENERATE: 'true',
    ILM__LIMITS__FACTOR: '0',
    ...variables,
  };
  await run(binary, ['migrate'], { env });
  for (const [command, email] of accounts) {
    await run(binary, [command, '--email', email, '--password', PASSWORD], { env });
  }
  const server = start(wrap(binary, 'serve'), { env });
  await until('the server is ready', async () => (await fetch(`${base}/health/ready`)).ok, 60_000);
  const drop = () => run('psql', [beside, '-qc', `drop database ${name} with (force)`]);
  return { port, base, pid: server.pid, database: database.href, drop };
}

/** Calls to the API at `base`, signed by `call.token` where there is one; `call.json` gives what is in the answer. */
export function caller(base) {
  async function call(method, path, body, headers = {}) {
    const raw = body instanceof Uint8Array;
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: {
        'x-ilm-request': '1',
        origin: base,
        ...(call.token ? { authorization: `Bearer ${call.token}` } : {}),
        ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: raw ? body : body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
  call.token = undefined;
  call.json = async (...words) => (await call(...words)).json();
  /** The access token of an account. */
  call.signIn = async (email) => (await call.json('POST', '/auth/login', { email, password: PASSWORD })).access_token;
  return call;
}
