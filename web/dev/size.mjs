// Says what a first visit to a page downloads, as the server sends it, and fails when the entry grows past its budget or a
// script was not packed.
import { existsSync, readFileSync, statSync } from 'node:fs';

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** Kilobytes that the home page may cost before its data, to a browser that takes no more than gzip: scripts. */
const BUDGET = 195;
/** A file of fewer bytes may be too small to gain from packing. */
const SMALL = 1000;

function scripts(name, found = new Set()) {
  const chunk = manifest[name];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const next of chunk.imports ?? []) scripts(next, found);
  return found;
}
/** Bytes of a file in the form that a client gets who takes this coding. */
function sent(file, ending) {
  const packed = new URL(`${file}${ending}`, dist);
  return statSync(existsSync(packed) ? packed : new URL(file, dist)).size;
}
const kilobytes = (files, ending = '.gz') =>
  [...files].reduce((sum, file) => sum + sent(file, ending), 0) / 1000;
const both = (files) =>
  `${kilobytes(files, '.br').toFixed(0)} kB (br), ${kilobytes(files).toFixed(0)} kB (gzip)`;

const entry = scripts('index.html');
const styles = Object.values(manifest).flatMap((chunk) => (chunk.isEntry ? (chunk.css ?? []) : []));
console.log(`entry: scripts ${both(entry)}; styles ${both(styles)}`);
for (const name of Object.keys(manifest).filter((key) => /Page\.tsx$/.test(key))) {
  const own = [...scripts(name)].filter((file) => !entry.has(file));
  console.log(
    `  ${name.replace('src/features/', '').padEnd(34)} +${kilobytes(own, '.br').toFixed(1)} kB (br)`,
  );
}
const files = Object.values(manifest).flatMap((chunk) => [chunk.file, ...(chunk.css ?? [])]);
const loose = files.filter(
  (file) =>
    /\.(js|css)$/.test(file) &&
    sent(file, '') >= SMALL &&
    !['.br', '.gz'].every((ending) => existsSync(new URL(file + ending, dist))),
);
if (loose.length > 0) {
  console.error(`Not packed: ${loose.join(', ')}. Run node dev/pack.mjs after vite build.`);
  process.exit(1);
}
const home = kilobytes(new Set([...entry, ...scripts('src/features/courses/HomePage.tsx')]));
if (home > BUDGET) {
  console.error(`The home page needs ${home.toFixed(0)} kB of scripts; the budget is ${BUDGET}.`);
  process.exit(1);
}
