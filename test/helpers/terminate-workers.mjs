// Starts workers that share a store, ends them at random moments, and prints what is left of
// it as JSON: node terminate-workers.mjs URL_OF_ARENA_CACHE SEED WORKERS

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const [cacheUrl, seed, workers] = process.argv.slice(2);
const count = Number(workers);
const { ArenaCache } = await import(cacheUrl);
// The payload is compared with the bytes that are found, so values are stored as they are.
const options = {
  name: 'shared',
  maxBytes: 4 << 20,
  policy: 's3fifo',
  ebb: false,
  codec: 'msgpack',
};
const AT_ONCE = 6;
const random = seededRandom(Number(seed));
const errors = [];

/** Runs one worker to its end, which is as likely in its start as at work. */
async function runWorker() {
  const end = ['terminate', 'terminate', 'exit', 'close', 'leave'][random(5)];
  const operations = end === 'terminate' ? Number.POSITIVE_INFINITY : random(2000);
  const worker = new Worker(new URL('store-worker.mjs', import.meta.url), {
    workerData: { cacheUrl, options, operations, end, seed: random(2 ** 31) },
  });
  worker.on('error', (error) => errors.push(String(error)));
  const exited = once(worker, 'exit');
  if (end === 'terminate') {
    await setTimeout(random(150));
    await worker.terminate();
  }
  await exited;
}

async function runWorkers(count) {
  let left = count;
  const runInTurn = async () => {
    while (left-- > 0) await runWorker();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runInTurn));
}

/** Returns the statistics of the store, and what is found in it. */
async function takeStock(cache) {
  // No worker's entry expires later than this one.
  cache.set('expiring', 1, { ttl: 20 });
  while (cache.has('expiring')) await setTimeout(1);
  const found = new Map();
  let visits = 0;
  for (const key of cache.keys()) {
    visits++;
    const bytes = cache.peek(key) === undefined ? undefined : cache.getBytes(key);
    if (bytes !== undefined) found.set(key, key.length + bytes.length);
  }
  for (let i = 0; i < 3000; i++) cache.has(`key${i}`);
  const foundBytes = [...found.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { ...cache.stats(), visits, found: found.size, foundBytes };
}

function canOpen(otherOptions) {
  try {
    new ArenaCache({ ...options, ...otherOptions }).close();
    return true;
  } catch (error) {
    if (error.code !== 'ERR_EBBCACHE_OPEN') throw error;
    return false;
  }
}

function residentBytes() {
  globalThis.gc();
  return process.memoryUsage.rss();
}

// The memory that the first workers of a process leave does not count as growth.
await runWorkers(Math.ceil(count / 10));
const residentBefore = residentBytes();

const cache = new ArenaCache(options);
await runWorkers(Math.ceil(count / 2));
const stock = await takeStock(cache);
const isShared = !canOpen({ maxBytes: 8 << 20 });
cache.close();
const isGone = canOpen({ maxBytes: 8 << 20 });

// No cache holds the store all the time from here on.
await runWorkers(Math.floor(count / 2));
const isGoneAgain = canOpen({ maxBytes: 16 << 20 });
const again = new ArenaCache(options);
const emptyEntries = again.size;
again.close();

const residentGrowth = residentBytes() - residentBefore;
console.log(
  JSON.stringify({ errors, stock, isShared, isGone, isGoneAgain, emptyEntries, residentGrowth }),
);
