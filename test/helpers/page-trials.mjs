// Damages copies of a good LMDB file one after the other, and has lmdb work on those that the check
// calls sound. Prints a line of JSON before each, and after it what it came to, so that who started it
// knows which one ended it: node page-trials.mjs URL_OF_PAGE_CHECK FOLDER GOOD_FILE PAGE_SIZE FIRST COUNT

import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { damage } from './damage-pages.mjs';
import { openPages, workOn } from './page-files.mjs';
import { seededRandom } from './seeded-random.mjs';

const [checkUrl, folder, goodFile, pageSize, first, count] = process.argv.slice(2);
const { checkPages } = await import(checkUrl);
const original = readFileSync(goodFile);

function check(path) {
  const fd = openSync(path, 'r');
  try {
    return checkPages(fd);
  } finally {
    closeSync(fd);
  }
}

/** 'sound' when lmdb did all, 'error' when it threw: no death either. */
async function work(path, seed) {
  let pages;
  try {
    pages = openPages(path);
    workOn(pages, seededRandom(seed));
    return { outcome: 'sound' };
  } catch (error) {
    return { outcome: 'error', reason: String(error) };
  } finally {
    await pages?.close();
  }
}

async function tryOne(seed) {
  const path = join(folder, `${seed}.mdb`);
  writeFileSync(path, damage(original, Number(pageSize), seed));
  const found = check(path);
  const result = found.ok ? await work(path, seed) : { outcome: found.kind, reason: found.reason };
  const after = result.outcome === 'sound' ? check(path) : undefined;
  rmSync(path);
  rmSync(`${path}-lock`, { force: true });
  return { ...result, after };
}

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  say({ seed });
  say({ seed, ...(await tryOne(seed)) });
}
