// Pictures of the running product: node script/screenshots.mjs BASE_URL DIRECTORY. Called by script/screenshots.
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { chromium } = createRequire(new URL("../web/package.json", import.meta.url))("playwright-core");
const [base, directory] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });

/** A demo account: the first of its role, as `ilmspace demo` has printed them. */
function account(role) {
  const given = process.env[`ILMSPACE_${role.toUpperCase()}`];
  if (given) return { email: given.slice(0, given.indexOf(":")), password: given.slice(given.indexOf(":") + 1) };
  const printed = process.env.ACCOUNTS ?? "";
  const password = /password is (\S+)/.exec(printed)?.[1];
  const email = new RegExp(`^\\s*${role}\\s+(\\S+@\\S+)`, "m").exec(printed)?.[1];
  if (!email || !password) throw new Error(`no demo ${role} is known: set ILMSPACE_${role.toUpperCase()}=email:password`);
  return { email, password };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--autoplay-policy=no-user-gesture-required"],
});

/** A browser of one person, in a language and a size. */
async function visit(locale, { kind, width = 1280, height = 800 } = {}) {
  const context = await browser.newContext({ baseURL: base, locale, viewport: { width, height }, deviceScaleFactor: 1 });
  let token = null;
  if (kind) {
    const answer = await context.request.post("/api/v1/auth/login", { data: account(kind), headers: { "X-Ilm-Request": "1", Origin: base } });
    if (!answer.ok()) throw new Error(`${kind} cannot sign in: ${answer.status()} ${await answer.text()}`);
    token = (await answer.json()).access_token;
  }
  const page = await context.newPage();
  const api = async (path) => {
    const answer = await context.request.get(`/api/v1${path}`, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
    if (!answer.ok()) throw new Error(`GET ${path}: ${answer.status()}`);
    return answer.json();
  };
  const send = async (path, data) => {
    const headers = { Authorization: `Bearer ${token}`, "X-Ilm-Request": "1", Origin: base };
    const answer = await context.request.post(`/api/v1${path}`, { data, headers });
    if (!answer.ok()) throw new Error(`POST ${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  const shoot = async (name, path, ready) => {
    await page.goto(path);
    await page.locator("h1").first().waitFor();
    if (ready) await ready(page);
    else await page.waitForLoadState("networkidle");
    // Pictures and fonts are there; nothing is being fetched.
    await page.evaluate(() => document.fonts.ready);
    await page.waitForFunction(() => [...document.images].every((image) => image.complete));
    await page.screenshot({ path: join(directory, `${name}.png`) });
    console.log(`${name}.png`);
  };
  return { context, page, api, send, shoot };
}

/** Lets the lesson play until there is a picture worth seeing. */
const playing = async (page) => {
  await page.locator("button[data-play]").click();
  await page.waitForFunction(() => {
    const video = document.querySelector("video");
    return video !== null && video.currentTime > 6 && video.videoWidth > 0;
  });
};

const guest = await visit("ru-RU");
const courses = (await guest.api("/courses?limit=20")).items;
if (courses.length === 0) throw new Error("the catalogue is empty: run script/run for the demo school");
await guest.shoot("home", "/");
await guest.shoot("catalogue", "/catalogue");
await guest.shoot("course", `/courses/${(courses.find((course) => course.language === "ru") ?? courses[0]).id}`);
await (await visit("he-IL")).shoot("home-he", "/");
await (await visit("uz-UZ", { width: 390, height: 844 })).shoot("home-phone", "/");

const student = await visit("ru-RU", { kind: "student" });
await student.shoot("my-learning", "/my/learning");
const learning = (await student.api("/me/learning")).items;
if (learning.length === 0) throw new Error("the demo student is enrolled nowhere");
const outline = await student.api(`/learn/courses/${learning[0].course.id}`);
const lesson = outline.modules.flatMap((module) => module.lessons).find((l) => l.kind === "video");
const lessonPath = `/learn/${learning[0].course.id}/${lesson.id}`;
await student.shoot("player", lessonPath, playing);

// A task that was answered wrong until its chat opened, and the question under it.
let hard;
let taskPath;
for (const { course } of learning) {
  for (const { id } of (await student.api(`/learn/courses/${course.id}`)).modules) {
    hard ??= (await student.api(`/learn/topics/${id}`)).tasks.find((row) => row.kind === "number" && row.state !== "right");
    if (hard) taskPath ??= `/learn/${course.id}/tasks/${hard.id}`;
  }
}
if (!hard) throw new Error("the demo student's courses have no unanswered task with a number");
for (let n = hard.tries; n < hard.chat_after; n += 1) {
  const { version } = await student.api(`/learn/tasks/${hard.id}`);
  await student.send(`/learn/tasks/${hard.id}/attempts`, { client_key: crypto.randomUUID(), version, answer: `${n + 20}`, spent_ms: 30_000 });
}
// Once, however often the pictures are taken.
const QUESTION = "Почему нельзя округлить вниз?";
const { room_id: room } = await student.api(`/tasks/${hard.id}/room`);
const asked = room && (await student.api(`/rooms/${room}/messages`)).items.some((message) => message.body.startsWith(QUESTION));
const question = (page) => page.getByRole("article").filter({ hasText: QUESTION }).last();
await student.shoot("task", taskPath, async (page) => {
  if (!asked) {
    await page.locator("aside form textarea").fill(`${QUESTION} $\\log_{200} 2\\,000\\,000 \\approx 2{,}74$`);
    await page.keyboard.press("Enter");
  }
  await question(page).waitFor();
});
await student.context.close();
const curator = await visit("ru-RU", { kind: "moderator" });
await curator.shoot("desk", "/desk", async (page) => {
  await page.locator("[data-question]").filter({ hasText: QUESTION }).first().click();
  await question(page).waitFor();
});
await curator.context.close();
const pocket = await visit("uz-UZ", { kind: "student", width: 390, height: 844 });
await pocket.shoot("player-phone", lessonPath, playing);

const author = await visit("ru-RU", { kind: "author" });
const own = (await author.api("/studio/courses")).items;
// The course that has most to show, with the lesson whose video is ready open.
const most = own.sort((a, b) => b.lessons - a.lessons)[0];
const film = most && (await author.api(`/studio/courses/${most.id}`)).modules.flatMap((module) => module.lessons).find((lesson) => lesson.video?.state === "ready");
await author.shoot("studio", film ? `/studio/courses/${most.id}?lesson=${film.id}` : "/studio");
await browser.close();
