// Works on a cache until its time is over, in this thread and, if it is told to, in four workers, which
// are ended at random and started anew. Prints as JSON what went wrong:
// node disk-hammer.mjs URL_OF_PACKAGE FOLDER SECONDS WORKERS SEED

import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, cacheDir, seconds, workers, seed] = isMainThread
  ? process.argv.slice(2)
  : workerData;
const { EnhancedMetadataCache } = await import(packageUrl);
const random = seededRandom(Number(seed));
const warnings = [];
const note = (_, message) => warnings.push(message);
const until = performance.timeOrigin + performance.now() + Number(seconds) * 1000;
const isOver = () => performance.timeOrigin + performance.now() > until;

const cache = new EnhancedMetadataCache({
  cacheDir,
  maxDiskSizeMb: 6,
  maxMemoryMb: 1,
  maxMemoryEntries: 50,
  validate: 'none',
  logger: { debug() {}, info() {}, warn: note, error: note },
});

async function work() {
  const wrong = [];
  for (let i = 0; !isOver(); i++) {
    const key = `/files/${random(3000)}.jpg`;
    const version = 1 + random(5);
    const kind = random(1000);
    if (kind < 400) cache.put(key, metadataOf(key, version));
    else if (kind < 800) {
      if (versionOf(key, cache.get(key)) < 0) wrong.push(key);
    } else if (kind < 950) {
      const found = await cache.fetch(key, () => metadataOf(key, version));
      if (versionOf(key, found) < 1) wrong.push(key);
    } else if (kind < 999) cache.invalidateFile(key);
    // Not in workers: one that is terminated while it opens the folder anew keeps the database's lock.
    else if (isMainThread && random(30) === 0) cache.clearAll();
    if (i % 32 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { tierErrors, diskBytes, diskHits } = cache.getStats();
  cache.shutdown();
  return { wrong, warnings, tierErrors, diskBytes, diskHits };
}

const errors = [];
let terminated = 0;

/** One worker after the other; some come to their end. */
async function runWorkers(first) {
  for (let i = 0; !isOver(); i++) {
    const left = (until - performance.timeOrigin - performance.now()) / 1000;
    const data = [packageUrl, cacheDir, left, 0, 1000 * first + i];
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
    worker.on('error', (error) => errors.push(String(error)));
    worker.on('message', (message) => message !== 'ready' && outcomes.push(message));
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    // The same is so of one that opens it for the first time.
    await Promise.race([exited, new Promise((resolve) => worker.once('message', resolve))]);
    const isTerminated = process.env.EBBCACHE_HAMMER_TERMINATE !== undefined;
    await (isTerminated ? Promise.race([exited, setTimeout(200 + random(1500))]) : exited);
    if (!isOver()) {
      terminated++;
      await worker.terminate();
    }
    await exited;
  }
}

const outcomes = [];
if (isMainThread) {
  const all = Array.from({ length: Number(workers) }, (_, i) => runWorkers(i + 1));
  outcomes.push(await work());
  await Promise.all(all);
  writeSync(1, JSON.stringify({ outcomes, errors, terminated }));
} else {
  parentPort.postMessage('ready');
  parentPort.postMessage(await work());
}
