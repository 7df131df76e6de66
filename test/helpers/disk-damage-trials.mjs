// Damages the files of a disk tier in one way after the other, and uses each. Prints a line before each,
// and after it what it came to, so that who started it knows which one ended it:
// node disk-damage-trials.mjs URL_OF_PACKAGE FOLDER SEED FIRST COUNT

import { cpSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { damagesAtRest } from './disk-damage.mjs';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, parent, seed, first, count] = process.argv.slice(2);
const { AdvancedMetadataCache } = await import(packageUrl);
const folder = join(parent, 'cache');
const good = join(parent, 'good');
const tell = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const keys = Array.from({ length: 300 }, (_, i) => `/files/${i}.jpg`);
const VERSIONS = 2;

let warnings = [];
function open(cacheDir) {
  const note = (_, message) => warnings.push(message);
  return new AdvancedMetadataCache({
    cacheDir,
    maxDiskSizeMb: 8,
    maxMemoryMb: 1,
    maxMemoryEntries: 20,
    validate: 'none',
    logger: { debug() {}, info() {}, warn: note, error: note },
  });
}

async function makeGood() {
  let older;
  for (let version = 1; version <= VERSIONS; version++) {
    const cache = open(good);
    for (const [i, key] of keys.entries()) {
      if (version === 1 || i % 3 > 0) cache.put(key, metadataOf(key, version));
      if (i % 40 === 0) await cache.flush();
    }
    cache.shutdown();
    older ??= readFileSync(join(good, 'data.mdb'));
  }
  return older;
}

/** How many keys are found; what nobody put is told. */
function readAll(cache, newest, wrong) {
  let found = 0;
  for (const key of keys) {
    const version = versionOf(key, cache.get(key));
    if (version < 0 || version > newest) wrong.push([key, version]);
    if (version > 0) found++;
  }
  return found;
}

/** Takes a damaged folder into use, to its end. */
async function use() {
  warnings = [];
  const wrong = [];
  const cache = open(folder);
  const found = readAll(cache, VERSIONS, wrong);
  const puts = keys.filter((key, i) => i % 2 === 0 && cache.put(key, metadataOf(key, 3))).length;
  const inMemory = versionOf(keys[298], cache.get(keys[298]));
  for (let i = 0; i < 10; i++) cache.invalidateFile(keys[i]);
  const invalidated = keys.slice(0, 10).filter((key) => cache.get(key) !== undefined).length;
  const flushed = await cache.flush();
  readAll(cache, 3, wrong);
  const warned = warnings.length;
  const [warning] = warnings;
  cache.shutdown();
  const again = open(folder);
  const foundAgain = readAll(again, 3, wrong);
  again.clearAll();
  const isCleared = again.get(keys[100]) === undefined;
  again.put(keys[0], metadataOf(keys[0], 4));
  const works = (await again.flush()) && versionOf(keys[0], again.get(keys[0])) === 4;
  again.shutdown();
  return {
    found,
    puts,
    inMemory,
    invalidated,
    flushed,
    wrong,
    warned,
    warning,
    foundAgain,
    isCleared,
    works,
  };
}

rmSync(good, { recursive: true, force: true });
const older = await makeGood();
const damages = Object.entries(
  damagesAtRest({ older, foreign: readFileSync(process.execPath).subarray(0, 300_000) }),
);
const most = Math.min(Number(first) + Number(count), Infinity);
for (let trial = Number(first); trial < most; trial++) {
  const [name, damage] = damages[trial % damages.length];
  rmSync(folder, { recursive: true, force: true });
  cpSync(good, folder, { recursive: true });
  damage(folder, seededRandom(Number(seed) + trial));
  tell({ trial, name });
  tell({ trial, name, ...(await use()) });
}
tell({ trials: damages.length, ended: true });
