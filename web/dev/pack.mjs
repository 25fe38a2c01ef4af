// Packs what was built: a .br and a .gz beside every file that gets smaller by it. The server sends them as they are; it
// never packs files itself. index.html is made anew for every request, so it is left out.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const KINDS = new Set(['.js', '.css', '.svg', '.json', '.txt', '.map', '.webmanifest']);

let before = 0;
let after = 0;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  // What begins with a dot is for the build alone.
  if (!entry.isFile() || !KINDS.has(extname(entry.name)) || entry.parentPath.includes('/.')) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  const br = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  });
  const gz = gzipSync(bytes, { level: 9 });
  if (br.length < bytes.length) writeFileSync(`${path}.br`, br);
  if (gz.length < bytes.length) writeFileSync(`${path}.gz`, gz);
  before += bytes.length;
  after += Math.min(br.length, bytes.length);
}
console.log(`packed: ${(before / 1000).toFixed(0)} kB to ${(after / 1000).toFixed(0)} kB (br)`);
