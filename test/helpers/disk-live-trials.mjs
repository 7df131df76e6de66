// Damages the files of a disk tier that is in use, in one way after the other, and goes on using it.
// Prints a line of JSON before each, and after it what it came to:
// node disk-live-trials.mjs URL_OF_PACKAGE FOLDER SEED [BYTES | all]
// With BYTES: writes so many random bytes, or zeros everywhere, into the file in place, once.

import { rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { liveDamages, overwrite } from './disk-live-damage.mjs';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, parent, seed, bytes] = process.argv.slice(2);
const { AdvancedMetadataCache } = await import(packageUrl);
const tell = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const keys = Array.from({ length: 600 }, (_, i) => `/files/${i}.jpg`);
/** The tier is tried again after ten seconds. */
const LATER_MS = 11_000;

let warnings = [];
let infos = 0;
const note = (_, message) => warnings.push(message);
const logger = { debug() {}, info: () => infos++, warn: note, error: note };

function open(cacheDir) {
  const sizes = { maxDiskSizeMb: 8, maxMemoryMb: 1, maxMemoryEntries: 20 };
  return new AdvancedMetadataCache({ cacheDir, ...sizes, validate: 'none', logger });
}

/** The version that was put last, by key; 0 where it was invalidated, too. */
const latest = new Map();

/** Whether the key has what was put last, or nothing. */
function check(cache, key, wrong, isStrict) {
  const version = versionOf(key, cache.get(key));
  const newest = latest.get(key);
  const isRight = isStrict ? version === newest : version >= 0 && version <= 3;
  if (!isRight && version !== 0) wrong.push([key, version, newest]);
  return version;
}

function readAll(cache, wrong, isStrict) {
  return keys.filter((key) => check(cache, key, wrong, isStrict) > 0).length;
}

function put(cache, key, version) {
  cache.put(key, metadataOf(key, version));
  latest.set(key, version);
}

/** Some of everything, in turns, so that the writer has its time too. */
async function work(cache, random, newest, wrong, isStrict) {
  for (let i = 0; i < 1500; i++) {
    const key = keys[random(keys.length)];
    const kind = random(20);
    if (kind < 8) {
      put(cache, key, newest);
      if (check(cache, key, wrong, true) === 0) wrong.push([key, 0, 'just put']);
    } else if (kind < 18) {
      check(cache, key, wrong, isStrict);
    } else if (kind === 18) {
      cache.invalidateFile(key);
      latest.set(key, 0);
      check(cache, key, wrong, true);
    }
    if (i % 100 === 0) await cache.flush();
    if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function trial(name, damage, random) {
  const folder = join(parent, `cache-${seed}`);
  rmSync(folder, { recursive: true, force: true });
  warnings = [];
  infos = 0;
  const wrong = [];
  // A copy of the file may lack what was written just then.
  const isStrict = !/cop(y|ies)$/.test(name);
  const cache = open(folder);
  for (const key of keys) put(cache, key, 1);
  await cache.flush();
  for (const key of keys.slice(0, 50)) put(cache, key, 2);
  // Some of it is being written while it happens. Of a file that is cut off just then LMDB's thread dies.
  if (!name.startsWith('cut off')) await new Promise((resolve) => setImmediate(resolve));
  tell({ name });
  damage(folder, random);
  await work(cache, random, 2, wrong, isStrict);
  cache.getStats();
  const warned = warnings.length;
  const realNow = Date.now;
  Date.now = () => realNow() + LATER_MS;
  await work(cache, random, 3, wrong, isStrict);
  const found = readAll(cache, wrong, isStrict);
  const flushedLater = await cache.flush();
  Date.now = realNow;
  cache.clearAll();
  const isCleared = readAll(cache, wrong, true) === 0;
  put(cache, keys[0], 4);
  const works = (await cache.flush()) && versionOf(keys[0], cache.get(keys[0])) === 4;
  const warnedInAll = warnings.length;
  const [warning] = warnings;
  cache.shutdown();
  const again = open(folder);
  const isKept = versionOf(keys[0], again.get(keys[0])) === 4;
  again.shutdown();
  const outcome = { wrong, warned, warning, warnedInAll, infos, found, flushedLater };
  tell({ name, ...outcome, isCleared, works, isKept });
}

const random = seededRandom(Number(seed));
if (bytes === undefined) {
  for (const [name, damage] of Object.entries(liveDamages)) await trial(name, damage, random);
} else {
  const count = bytes === 'all' ? undefined : Number(bytes);
  await trial(`${bytes} bytes`, (folder) => overwrite(folder, random, count), random);
}
tell({ ended: true });
