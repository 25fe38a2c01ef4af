// The check behind script/requirements: rows of docs/requirements.md against the tests which cite them.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LEDGER = "docs/requirements.md";
const STATES = ["done", "partly", "open"];
const ROW = /\b([A-Z]{3}-\d{2})\b/g;

/** All files under a directory, without what is generated or installed. */
function* files(directory) {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!["node_modules", "dist", "target"].includes(entry.name)) yield* files(path);
    } else yield path;
  }
}

/** The rows cited above tests of a Rust file: in the doc comment of a function that bears a test attribute. */
function citedInRust(text) {
  const rows = new Set();
  let doc = [];
  let isTest = false;
  for (const line of text.split("\n").map((l) => l.trim())) {
    if (line.startsWith("///")) doc.push(line);
    else if (line.startsWith("#[")) isTest ||= /^#\[([\w:]+::)?\w*test\w*\b/.test(line) && !line.startsWith("#[cfg");
    else if (/\bfn \w/.test(line)) {
      if (isTest) for (const [, row] of doc.join(" ").matchAll(ROW)) rows.add(row);
      doc = [];
      isTest = false;
    } else if (line !== "" && !line.startsWith("//") && !/^[)\]]/.test(line)) {
      doc = [];
      isTest = false;
    }
  }
  return rows;
}

const cited = new Map(); // row -> files
for (const root of ["kernel", "judging", "media", "gateways", "actors", "src", "tests", "web"]) {
  for (const path of files(root)) {
    const rust = path.endsWith(".rs");
    const web = /\.(test|spec)\.[cm]?[jt]sx?$/.test(path);
    if (!rust && !web) continue;
    const text = readFileSync(path, "utf8");
    const rows = rust ? citedInRust(text) : new Set([...text.matchAll(ROW)].map((m) => m[1]));
    for (const row of rows) cited.set(row, [...(cited.get(row) ?? []), path]);
  }
}

const errors = [];
const known = new Map(); // row -> state
const option = process.argv[2];
const lines = readFileSync(LEDGER, "utf8").split("\n");
const written = lines.map((line) => {
  const match = /^\| ([A-Z]{3}-\d{2}) \| (.+) \| ([^|]*) \|([^|]*)\|$/.exec(line);
  if (!match) {
    if (/^\| [A-Z]{3}-\d/.test(line)) errors.push(`${LEDGER} has a row that cannot be read: ${line}`);
    return line;
  }
  const [, row, text, state, proof] = match;
  if (known.has(row)) errors.push(`${row} stands twice in ${LEDGER}`);
  known.set(row, state);
  if (!STATES.includes(state)) errors.push(`${row} has the state "${state}"; there are ${STATES.join(", ")}`);
  const tests = (cited.get(row) ?? []).sort();
  if (state !== "open" && tests.length === 0) errors.push(`${row} is ${state}, and no test cites it`);
  const kept = option === "--write" ? (state === "open" ? "" : tests.join(", ")) : proof.trim();
  for (const file of kept.split(", ").filter(Boolean)) {
    if (!tests.includes(file)) errors.push(`${row} names ${file} as a proof, which does not cite it in a test`);
  }
  return `| ${row} | ${text} | ${state} |${kept ? ` ${kept} ` : " "}|`;
});
if (known.size === 0) errors.push(`${LEDGER} has no rows`);

// Words such as UTF-16 look like a row; a context that has no row at all is not one of ours.
const contexts = new Set([...known.keys()].map((row) => row.slice(0, 3)));
for (const [row, tests] of cited) {
  if (contexts.has(row.slice(0, 3)) && !known.has(row)) errors.push(`${row} is cited in ${tests.join(", ")}, and ${LEDGER} has no such row`);
}

if (option === "--write") writeFileSync(LEDGER, written.join("\n"));
if (option === "--list") {
  for (const [row, tests] of [...cited].sort()) console.log(row, known.get(row) ?? "unknown", tests.join(" "));
}
for (const error of errors) console.error(error);
const count = (state) => [...known.values()].filter((s) => s === state).length;
console.log(`${known.size} rows: ${STATES.map((s) => `${count(s)} ${s}`).join(", ")}; tests cite ${cited.size}`);
process.exit(errors.length === 0 ? 0 : 1);
