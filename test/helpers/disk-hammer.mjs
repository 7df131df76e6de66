// Works on a cache of values until its time is over, in this thread and in as many more as THREADS says. Each
// thread is the only writer of the keys of its range, with increasing versions, and reads those of all. Prints the
// violations as JSON: node disk-hammer.mjs URL_OF_PACKAGE FOLDER SECONDS RANGE THREADS SEED

import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, dir, seconds, range, threads, seed] = isMainThread
  ? process.argv.slice(2)
  : workerData;
const { ArenaCache } = await import(packageUrl);
const RANGES = 8;
const KEYS = 400;
const until = performance.timeOrigin + performance.now() + Number(seconds) * 1000;
const isOver = () => performance.timeOrigin + performance.now() > until;
const random = seededRandom(Number(seed));
const keyOf = (whose, n) => `range ${whose}, key ${n}`;

const warnings = [];
const cache = new ArenaCache({ maxBytes: 1 << 20, ebb: false, disk: { dir, maxBytes: 6 << 20 } });
cache.on('disk', ({ message }) => warnings.push(message));

/** The version also increases from one process to the next with this range. */
let version = 0;
const nextVersion = () => {
  version = Math.max(version + 1, Date.now() * 1000);
  return version;
};

/** The versions that this thread has set; 0 for a key that it has deleted. */
const own = new Map();
/** The newest version that it has seen of each key of others. */
const seen = new Map();
const wrong = [];

function check(key, whose) {
  const found = versionOf(key, cache.get(key));
  if (found === 0) return;
  const least = whose === Number(range) ? own.get(key) : seen.get(key);
  const isRight =
    whose === Number(range) ? least === undefined || found === least : found >= (least ?? 0);
  if (found < 0 || !isRight) wrong.push({ key, found, least });
  if (whose !== Number(range)) seen.set(key, found);
}

async function work() {
  for (let i = 0; !isOver(); i++) {
    const key = keyOf(range, random(KEYS));
    const kind = random(100);
    if (kind < 40) {
      const next = nextVersion();
      cache.set(key, metadataOf(key, next));
      own.set(key, next);
      check(key, Number(range));
    } else if (kind < 45) {
      cache.delete(key);
      own.set(key, 0);
      check(key, Number(range));
    } else if (kind < 70) {
      check(key, Number(range));
    } else {
      const whose = random(RANGES);
      check(keyOf(whose, random(KEYS)), whose);
    }
    if (random(5000) === 0) {
      cache.clear();
      for (let n = 0; n < KEYS; n++) own.set(keyOf(range, n), 0);
    }
    if (i % 32 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { hits, disk } = cache.stats();
  cache.close();
  return { wrong, warnings, hits, disk };
}

if (isMainThread) {
  const errors = [];
  const others = Array.from({ length: Number(threads) }, (_, i) => {
    const data = [packageUrl, dir, seconds, Number(range) + 1 + i, 0, random(2 ** 31)];
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
    worker.on('error', (error) => errors.push(String(error)));
    return new Promise((resolve) => worker.once('message', resolve).once('exit', resolve));
  });
  const outcomes = await Promise.all([work(), ...others]);
  writeSync(1, JSON.stringify({ outcomes, errors }));
} else {
  parentPort.postMessage(await work());
}
