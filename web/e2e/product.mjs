// The running product for the browser tests: the real server on a database, directories and a port of its own, and
// people with a browser each. TEST_DATABASE_URL names the PostgreSQL server (script/test-servers start prints it),
// ILMSPACE_BIN the server (default target/debug/ilmspace), CHROMIUM_BIN the browser.
// E2E_CPU_SLOWER=6: the pages' scripts run so many times slower, which shows what a test does not wait for.
// E2E_STORE=s3: the films lie in an S3 server (media/examples/s3_server.rs, S3_SERVER_BIN), the process that serves
// makes none of them, and two others do. All by configuration: nothing else is different.

import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = process.env.ILMSPACE_BIN || join(root, 'target/debug/ilmspace');
/** Pictures of the product as the tests have seen it. */
export const pictures = join(root, 'var/e2e');
const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** Whether the films lie on S3 and are made by processes of their own. */
export const apart = process.env.E2E_STORE === 's3';
const BUCKET = 'films';

const PASSWORD = 'a long walk to Samarkand 7';

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Asks until it is so; what is waited for has no event of its own. */
export async function until(what, ask, milliseconds = 60_000) {
  const end = Date.now() + milliseconds;
  let last;
  for (;;) {
    last = await ask().catch((error) => error);
    if (last && !(last instanceof Error)) return last;
    if (Date.now() > end) throw new Error(`${what} did not happen: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const gone = (child) => child.exitCode !== null || child.signalCode !== null;

export class Product {
  /** `environment`: what the server's configuration has in place of the usual. */
  static async start(environment = {}) {
    const admin = process.env.TEST_DATABASE_URL;
    if (!admin) throw new Error('TEST_DATABASE_URL is not set: export $(script/test-servers start)');
    const product = new Product();
    product.directory = mkdtempSync(join(tmpdir(), 'ilmspace-e2e.'));
    product.admin = admin;
    product.database = `e2e_${randomBytes(6).toString('hex')}`;
    await run('psql', [admin, '-qc', `create database ${product.database}`]);
    try {
      await product.begin(environment);
    } catch (error) {
      await product.stop();
      throw error;
    }
    return product;
  }

  async begin(environment) {
    this.environment = { ...environment, ...(apart ? await this.startS3() : {}) };
    const url = new URL(this.admin);
    url.pathname = `/${this.database}`;
    this.databaseUrl = url.href;
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_BIN || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
      ],
    });
    await this.serve();
    if (apart) this.workers = [this.work(1), this.work(2)];
  }

  /** Starts an S3 server; gives what makes the product use it, and leave the work to others. */
  async startS3() {
    const binary = process.env.S3_SERVER_BIN || join(root, 'target/debug/examples/s3_server');
    const [access, secret] = [randomBytes(8).toString('hex'), randomBytes(16).toString('hex')];
    const secrets = join(this.directory, 'secrets');
    mkdirSync(secrets);
    writeFileSync(join(secrets, 's3_access_key'), access);
    writeFileSync(join(secrets, 's3_secret_key'), secret);
    // It ends with the pipe to it, whatever happens to us.
    this.s3 = spawn(binary, [join(this.directory, 's3'), BUCKET], {
      env: { S3_ACCESS_KEY: access, S3_SECRET_KEY: secret },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [address] = await once(this.s3.stdout, 'data');
    return {
      ILM__STORAGE__KIND: 's3',
      ILM__STORAGE__S3__ENDPOINT: String(address).trim(),
      ILM__STORAGE__S3__BUCKET: BUCKET,
      // What one process tells another at once goes through it.
      ILM__REDIS__URL: process.env.TEST_REDIS_URL ?? '',
      ILM__SERVER__ROLES: 'web',
      ILM__MEDIA__LEASE_SECONDS: '6',
    };
  }

  /** A process that makes films and serves nobody, with a spool of its own as on another machine. */
  work(number) {
    return this.spawn(`worker ${number}`, {
      ...this.variables,
      ILM__SERVER__ROLES: 'worker',
      ILM__STORAGE__SPOOL: join(this.directory, `spool-${number}`),
    });
  }

  /** The worker that makes a film just now: it has a child. */
  working() {
    return this.workers.find(({ pid }) =>
      readdirSync(`/proc/${pid}/task`).some(
        (task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim() !== '',
      ),
    );
  }

  /** What the object store holds, by name. */
  objects() {
    const place = apart ? join(this.directory, 's3', BUCKET) : join(this.directory, 'objects');
    return readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(place.length + 1));
  }

  /** Starts the server, for the first time or again on the same port and data. */
  async serve() {
    this.port ??= await freePort();
    this.base = `http://localhost:${this.port}`;
    const place = (name) => join(this.directory, name);
    this.variables = {
      ...process.env,
      DATABASE_URL: this.databaseUrl,
      ILM__SANDBOX: 'true',
      ILM__SITE__BASE_URL: this.base,
      ILM__SERVER__BIND: `127.0.0.1:${this.port}`,
      ILM__SERVER__WORKERS: '2',
      ILM__STORAGE__DIRECTORY: place('objects'),
      ILM__STORAGE__SPOOL: place('spool'),
      ILM__MAIL__DIRECTORY: place('mail'),
      ILM__SECRETS__DIRECTORY: place('secrets'),
      ILM__SECRETS__GENERATE: 'true',
      ILM__LIMITS__FACTOR: '20',
      ILM__LOG__FORMAT: 'text',
      ILM__LOG__FILTER: process.env.E2E_LOG ?? 'warn',
      ...this.environment,
    };
    this.command = (...words) => run(binary, words, { cwd: root, env: this.variables });
    await this.command('migrate');
    this.server = this.spawn('the server', this.variables);
    const { server } = this;
    await until('the server is ready', async () => {
      if (gone(server)) throw new Error(`the server ended: ${server.said}`);
      return (await fetch(`${this.base}/health/ready`)).ok;
    });
  }

  /** Starts a process of the product, whose last words are kept. */
  spawn(name, environment) {
    const child = spawn(binary, ['serve'], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.said = '';
    const keep = (text) => {
      child.said = (child.said + text).slice(-20_000);
      if (process.env.E2E_LOG) process.stderr.write(`${name}: ${text}`);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return child;
  }

  /** Lines of one column, straight from the database. */
  async query(sql) {
    const { stdout } = await run('psql', [this.databaseUrl, '-XAtc', sql]);
    return stdout.split('\n').filter(Boolean);
  }

  /** An account that cannot be registered through the site. */
  async makeAdmin(email) {
    await this.command('create-admin', '--email', email, '--password', PASSWORD);
  }

  /** Ends the server, or another process: by a word, or as a power cut would. */
  async halt(signal = 'SIGTERM', child = this.server) {
    if (!child || gone(child)) return;
    const over = once(child, 'exit');
    child.kill(signal);
    await over;
  }

  async stop() {
    await this.browser?.close();
    await Promise.all([this.server, ...(this.workers ?? [])].map((child) => this.halt('SIGTERM', child)));
    await this.halt('SIGTERM', this.s3);
    await run('psql', [this.admin, '-qc', `drop database if exists ${this.database} with (force)`]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A browser window of its own, as somebody new or as a person who has one already. */
  async visitor({ locale = 'en', width = 1280, height = 800, touch = false } = {}) {
    const context = await this.browser.newContext({
      baseURL: this.base,
      locale,
      timezoneId: 'Asia/Tashkent',
      viewport: { width, height },
      hasTouch: touch,
      reducedMotion: 'reduce',
    });
    await context.addInitScript((value) => localStorage.setItem('ilm.locale', value), locale);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    if (process.env.E2E_CPU_SLOWER) {
      const debug = await context.newCDPSession(page);
      await debug.send('Emulation.setCPUThrottlingRate', { rate: Number(process.env.E2E_CPU_SLOWER) });
    }
    const visitor = new Visitor(this, context, page);
    visitor.locale = locale;
    return visitor;
  }

  async call(path, init) {
    const answer = await fetch(`${this.base}/api/v1${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    // What was made without being told back has no body.
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The link to a page of ours in the newest mail to that address. */
  linkFor(email, path) {
    return until(`a link for ${email}`, async () => {
      const { items } = await this.call(`/sandbox/mailbox?to=${encodeURIComponent(email)}`);
      const links = items.flatMap((mail) => mail.text.match(/https?:\/\/[^\s"<>]+/g) ?? []);
      return links.find((link) => new URL(link).pathname === path);
    });
  }

  /** The code of the newest mail to that address. */
  codeFor(email) {
    return until(`a code for ${email}`, async () => {
      const { items } = await this.call(`/sandbox/mailbox?to=${encodeURIComponent(email)}`);
      return items.map((mail) => /\b(\d{6,8})\b/.exec(mail.text)?.[1]).find(Boolean);
    });
  }
}

export class Visitor {
  /** Everything that the browser complained about. */
  complaints = [];

  constructor(product, context, page) {
    Object.assign(this, { product, context, page });
    page.on('console', (message) => {
      const text = message.text();
      // A refused request is shown by the page; here it is what the browser itself objects to.
      if (message.type() === 'error' && !/Failed to load resource/.test(text)) this.complaints.push(text);
      if (/Content Security Policy|TrustedHTML|Refused to/.test(text)) this.complaints.push(text);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** Registers in the browser, with the code from the mailbox. */
  async register(email, first, last) {
    const { page, product } = this;
    Object.assign(this, { email, first, last });
    await page.goto('/register');
    await page.locator('[name=first_name]').fill(first);
    await page.locator('[name=last_name]').fill(last);
    await page.locator('[name=email]').fill(email);
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator('button[type=submit]').click();
    await this.typeCode(await product.codeFor(email));
    return this;
  }

  async typeCode(code) {
    const { page } = this;
    await page.locator('[name=code]').fill(code);
    await page.locator('button[type=submit]').click();
    await page.waitForURL((url) => !/register|sign-in/.test(url.pathname));
  }

  async signIn(email, password = PASSWORD) {
    const { page } = this;
    this.email = email;
    await page.goto('/sign-in');
    await page.locator('[name=email]').fill(email);
    await page.locator('[name=password]').fill(password);
    await page.locator('button[type=submit]').click();
    await page.waitForURL((url) => !/sign-in/.test(url.pathname));
    return this;
  }

  /** A token of this person, for what a test needs to prepare without the browser. */
  async token() {
    const answer = await this.product.call('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-ilm-request': '1', origin: this.product.base },
      body: JSON.stringify({ email: this.email, password: PASSWORD }),
    });
    return answer.access_token;
  }

  /**
   * What axe finds against WCAG 2.2 AA on the page once it has settled: what it finds is looked at again, since a page that is
   * about to change may be seen halfway. What is wrong for good stays.
   */
  async accessibility() {
    let found = await this.violations();
    for (let again = 0; found.length > 0 && again < 5; again++) {
      await this.page.waitForTimeout(500);
      found = await this.violations();
    }
    return found;
  }

  async violations() {
    // Through the debugging protocol, which the page's policy does not bind.
    const found = await this.page.evaluate(
      `(() => { ${axe}; return window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }); })()`,
    );
    return found.violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes
          .map((node) => node.target.join(' '))
          .slice(0, 4)
          .join(' | ')}`,
    );
  }

  async picture(name) {
    mkdirSync(pictures, { recursive: true });
    await this.page.evaluate(() => document.fonts.ready);
    await this.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  /** Whether the page is wider than its window. */
  sideways() {
    return this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }
}

/** A real video: moving pictures with a clock in them, and a tone. H.264 and AAC in MP4. */
export async function makeVideo(path, { seconds = 40, size = '1280x720' } = {}) {
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=${size}:rate=25:duration=${seconds}`,
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=330:duration=${seconds}`,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-g',
    '50',
    '-c:a',
    'aac',
    '-b:a',
    '96k',
    '-shortest',
    path,
  ]);
  return path;
}

/** Drops files on an element as a person does, with real bytes from the disk. */
export async function dropFiles(page, target, files) {
  // A drop event wants File objects made in the page: an input of ours gives them.
  const input = await page.evaluateHandle(() => {
    const field = document.createElement('input');
    field.type = 'file';
    field.multiple = true;
    field.hidden = true;
    document.body.append(field);
    return field;
  });
  await input.setInputFiles(files);
  const transfer = await page.evaluateHandle((field) => {
    const data = new DataTransfer();
    for (const file of field.files) data.items.add(file);
    field.remove();
    return data;
  }, input);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await target.dispatchEvent(type, { dataTransfer: transfer });
  }
}
