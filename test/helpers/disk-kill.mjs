// Opens a cache, reads every record in it, then puts all of them again, until it is killed. Prints a line of JSON
// for what it found and for what flush has acknowledged: node disk-kill.mjs URL_OF_PACKAGE FOLDER ROUND RECORDS

import { writeSync } from 'node:fs';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, cacheDir, round, records] = process.argv.slice(2);
const { AdvancedMetadataCache } = await import(packageUrl);
const version = Number(round);
const random = seededRandom(version);
// A write to a pipe has arrived when it returns, even if the process is killed then.
const tell = (what) => writeSync(1, `${JSON.stringify(what)}\n`);
const warnings = [];
const note = (_, message) => warnings.push(message);

const opened = performance.now();
const cache = new AdvancedMetadataCache({
  cacheDir,
  maxDiskSizeMb: 400,
  maxMemoryMb: 1,
  maxMemoryEntries: 10,
  validate: 'none',
  cacheTtlHours: 10_000,
  logger: { debug() {}, info: note, warn: note, error: note },
});
const openMs = performance.now() - opened;
const keys = Array.from({ length: Number(records) }, (_, i) => `/files/${i}.jpg`);
const found = keys.map((key) => versionOf(key, cache.get(key)));
const { tierErrors, diskEntries, diskBytes } = cache.getStats();
const began = performance.now();
tell({ openMs, found, warnings, tierErrors, diskEntries, diskBytes });

let untilFlush = 1 + random(1500);
for (const [i, key] of keys.entries()) {
  cache.put(key, metadataOf(key, version));
  if (--untilFlush === 0 || i === keys.length - 1) {
    const isComplete = await cache.flush();
    tell({ flushed: i + 1, isComplete, warnings, drops: cache.getStats().diskDrops });
    untilFlush = 1 + random(1500);
  } else if (random(50) === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
tell({ endedMs: performance.now() - began });
setInterval(() => {}, 1000);
