// Says what a first visit to a page downloads, and fails when the entry grows past its budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** Kilobytes after gzip that the home page may cost before its data: scripts. */
const BUDGET = 215;

function scripts(name, found = new Set()) {
  const chunk = manifest[name];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const next of chunk.imports ?? []) scripts(next, found);
  return found;
}
const kilobytes = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0) / 1000;

const entry = scripts('index.html');
const styles = Object.values(manifest).flatMap((chunk) => (chunk.isEntry ? (chunk.css ?? []) : []));
console.log(
  `entry: ${kilobytes(entry).toFixed(0)} kB of scripts, ${kilobytes(styles).toFixed(0)} kB of styles (gzip)`,
);
for (const name of Object.keys(manifest).filter((key) => /Page\.tsx$/.test(key))) {
  const own = [...scripts(name)].filter((file) => !entry.has(file));
  console.log(`  ${name.replace('src/features/', '').padEnd(34)} +${kilobytes(own).toFixed(1)} kB`);
}
const home = kilobytes(new Set([...entry, ...scripts('src/features/courses/HomePage.tsx')]));
if (home > BUDGET) {
  console.error(`The home page needs ${home.toFixed(0)} kB of scripts; the budget is ${BUDGET}.`);
  process.exit(1);
}
