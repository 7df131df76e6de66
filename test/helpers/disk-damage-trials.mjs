// Damages each file of a disk tier in one way after the other, in use or at rest, and continues to use it. Prints a
// line of JSON before each, so that the parent knows which one ended it, and the outcome after it: node
// disk-damage-trials.mjs URL_OF_PACKAGE FOLDER SEED live|rest

import { existsSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { damages } from './disk-damage.mjs';
import { fateOf } from './disk-damage-fate.mjs';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, parent, seed, when] = process.argv.slice(2);
const { AdvancedMetadataCache } = await import(packageUrl);
const tell = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const random = seededRandom(Number(seed));
const folder = join(parent, 'cache');
const keys = Array.from({ length: 250 }, (_, i) => `/files/${i}.jpg`);
const DISK_MB = 4;
/** A tier that has not written again after this time never will. */
const GUARD_MS = 20_000;

let warnings = [];
const note = (_, message) => warnings.push(message);
const logger = { debug() {}, info() {}, warn: note, error: note };

function open() {
  const sizes = { maxDiskSizeMb: DISK_MB, maxMemoryMb: 1, maxMemoryEntries: 50 };
  return new AdvancedMetadataCache({
    cacheDir: folder,
    ...sizes,
    validate: 'none',
    // A damaged dictionary would cost the records that need it too.
    enableCompression: false,
    logger,
  });
}

/** The version that was put last, by key; 0 where it was invalidated since. */
const latest = new Map();
const wrong = [];

/** Checks that the key has the version that was put last, or none. */
function check(key, found) {
  const version = versionOf(key, found);
  if (version !== 0 && version !== latest.get(key)) wrong.push([key, version, latest.get(key)]);
  return version;
}

let version = 0;
function put(cache, key) {
  version++;
  cache.put(key, metadataOf(key, version));
  latest.set(key, version);
}

/** Executes calls of all kinds in turn, so that the writer has its time too. */
async function work(cache) {
  for (let i = 0; i < 250; i++) {
    const key = keys[random(keys.length)];
    const kind = random(20);
    if (kind < 6) {
      put(cache, key);
      check(key, cache.get(key));
    } else if (kind < 14) {
      check(key, cache.get(key));
    } else if (kind < 17) {
      const made = metadataOf(key, version + 1);
      let isMade = false;
      const fetched = await cache.fetch(key, () => {
        isMade = true;
        return made;
      });
      if (isMade) latest.set(key, ++version);
      check(key, fetched);
    } else if (kind < 19) {
      cache.invalidateFile(key);
      latest.set(key, 0);
      check(key, cache.get(key));
    } else {
      await cache.flush();
    }
    if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Returns whether new puts are written to the disk. */
async function isWrittenAgain(cache) {
  const began = performance.now();
  while (performance.now() - began < GUARD_MS) {
    put(cache, keys[0]);
    if (await cache.flush()) return true;
    await setTimeout(5);
  }
  return false;
}

/** Puts all keys, and some again. The written records are known, because the queue has room for all that wait. */
async function fill(cache) {
  const puts = [];
  const note = (key) => {
    put(cache, key);
    puts.push({ index: keys.indexOf(key), bytes: metadataOf(key, version).text.length });
  };
  for (const [i, key] of keys.entries()) {
    note(key);
    if (i % 50 === 49 && !(await cache.flush())) throw new Error('Not all was written.');
  }
  // The file of leases exists once a fetch has run.
  await cache.fetch('/fetched', () => ({}));
  await cache.flush();
  for (const key of keys.slice(0, 60)) note(key);
  return puts;
}

async function trial(name, damage) {
  rmSync(folder, { recursive: true, force: true });
  warnings = [];
  wrong.length = 0;
  latest.clear();
  let cache = open();
  const puts = await fill(cache);
  if (when === 'rest') cache.shutdown();
  else await new Promise((resolve) => setImmediate(resolve));
  tell({ name });
  const fate = fateOf(damage(), puts, DISK_MB * 2 ** 20);
  if (when === 'rest') cache = open();
  // Some records of a tier in use are in memory; those of a tier at rest are only on disk.
  const isFound = (key) => check(key, cache.get(key)) > 0;
  const survivors = when === 'rest' ? keys.map(isFound) : undefined;
  const { diskDrops } = cache.getStats();
  await work(cache);
  const missing = keys.filter((key) => latest.get(key) > 0 && !isFound(key)).length;
  const drops = cache.getStats().diskDrops - diskDrops;
  const inTheWay = join(folder, 'cache.ring');
  const isInTheWay = existsSync(inTheWay) && statSync(inTheWay).isDirectory();
  if (isInTheWay) rmSync(inTheWay, { recursive: true });
  const isWritten = await isWrittenAgain(cache);
  await work(cache);
  for (const key of keys) check(key, cache.get(key));
  cache.shutdown();
  const again = open();
  const isKept = check(keys[0], again.get(keys[0])) === latest.get(keys[0]);
  for (const key of keys) check(key, again.get(key));
  again.clearAll();
  const isCleared = keys.every((key) => again.get(key) === undefined);
  put(again, keys[1]);
  await again.flush();
  const works = check(keys[1], again.get(keys[1])) > 0;
  again.shutdown();
  const survival = { fate, survivors, missing, drops };
  tell({ name, ...survival, wrong, warnings, isWritten, isKept, isCleared, works });
}

for (const file of ['cache.ring', 'leases']) {
  for (const [name, damage] of Object.entries(damages)) {
    await trial(`${file}: ${name}`, () => {
      const loss = damage(join(folder, file), random);
      // The other file has no records.
      return file === 'cache.ring' ? loss : {};
    });
  }
}
await trial('folder removed', () => {
  rmSync(folder, { recursive: true });
  return { isAll: true };
});
tell({ ended: true });
