// A worker that uses a store of a name until it is terminated, exits by itself, or is done.

import { workerData } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const { cacheUrl, options, operations, end, seed } = workerData;
const { ArenaCache } = await import(cacheUrl);
const cache = new ArenaCache(options);
const random = seededRandom(seed);

function check(key, value) {
  if (value !== undefined && (value.key !== key || value.text?.length !== value.length)) {
    throw new Error(`${key} has the value ${JSON.stringify(value).slice(0, 200)}`);
  }
}

for (let i = 0; i < operations; i++) {
  const key = `key${random(3000)}`;
  const kind = random(1000);
  if (kind < 500) {
    const length = random(20) === 0 ? random(100_000) : random(1500);
    cache.set(key, { key, length, text: 'v'.repeat(length) }, kind < 50 ? { ttl: 20 } : undefined);
  } else if (kind < 900) {
    check(key, kind < 700 ? cache.peek(key) : cache.get(key));
  } else if (kind < 996) {
    cache.delete(key);
  } else if (kind < 999) {
    // Some iterations end early, and some with the worker.
    let left = random(4000);
    for (const [each, value] of cache.entries()) {
      check(each, value);
      if (left-- === 0) break;
    }
  } else {
    cache.shrink(random(1 << 19));
  }
}
if (end === 'close') cache.close();
if (end === 'exit') process.exit();
