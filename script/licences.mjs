// Checks licences: node script/licences.mjs DENY_TOML CARGO_METADATA [PACKAGE_LOCK]. Called by script/licences.
import { existsSync, readFileSync } from "node:fs";

const [denyFile, metadataFile, lockFile] = process.argv.slice(2);
const list = /^allow\s*=\s*\[([^\]]*)\]/m.exec(readFileSync(denyFile, "utf8"));
if (!list) throw new Error(`${denyFile} has no list of allowed licences`);
const allowed = new Set([...list[1].matchAll(/"([^"]+)"/g)].map((m) => m[1]));

// npm packages whose package.json forgets the licence; it was read where the value says.
const clarified = new Map([["combine-errors 3.0.3", "MIT"]]); // its Readme.md

/** Whether an SPDX expression can be met by allowed licences alone; `/` is cargo's old way to write OR. */
function permitted(expression, isAllowed) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const take = (word) => tokens[at] === word && Boolean(++at);
  const licence = () => {
    if (take("(")) {
      const value = either();
      if (!take(")")) throw new Error("an open bracket");
      return value;
    }
    let name = tokens[at++];
    if (name === undefined || name === ")") throw new Error("a licence is missing");
    if (take("WITH")) name += ` WITH ${tokens[at++]}`;
    return isAllowed(name);
  };
  const both = () => {
    let value = licence();
    while (take("AND")) value = licence() && value;
    return value;
  };
  const either = () => {
    let value = both();
    while (take("OR")) value = both() || value;
    return value;
  };
  const value = either();
  if (at !== tokens.length) throw new Error(`an odd word: ${tokens[at]}`);
  return value;
}

const packages = [];
const metadata = JSON.parse(readFileSync(metadataFile, "utf8"));
const used = new Set(metadata.resolve.nodes.map((node) => node.id));
for (const p of metadata.packages) {
  if (used.has(p.id)) packages.push({ name: `${p.name} ${p.version}`, licence: p.license });
}
if (lockFile && existsSync(lockFile)) {
  for (const [path, p] of Object.entries(JSON.parse(readFileSync(lockFile, "utf8")).packages)) {
    // Links and the workspace members behind them are ours.
    if (p.link || !path.includes("node_modules/")) continue;
    const name = `${path.slice(path.lastIndexOf("node_modules/") + 13)} ${p.version}`;
    packages.push({ name, licence: p.license ?? clarified.get(name) });
  }
}

const refused = [];
for (const { name, licence } of packages) {
  try {
    if (!licence) refused.push(`${name}: no licence named`);
    else if (!permitted(licence, (one) => allowed.has(one))) refused.push(`${name}: ${licence}`);
  } catch (error) {
    refused.push(`${name}: ${licence} cannot be read (${error.message})`);
  }
}
for (const line of refused) console.error(`licence not allowed by ${denyFile}: ${line}`);
console.log(`${packages.length} packages, ${refused.length} with a licence that is not allowed`);
process.exit(refused.length === 0 && packages.length > 0 ? 0 : 1);
