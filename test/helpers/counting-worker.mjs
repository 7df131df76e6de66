// A worker that sets one key to 1, 2, 3 ..., publishes each number once it is set, and -1 at the end. Now and
// then it waits until its reader has gone on.

import { workerData } from 'node:worker_threads';

const { cacheUrl, options, written, puts } = workerData;
const { ArenaCache } = await import(cacheUrl);
const cache = new ArenaCache(options);
for (let i = 1; i <= puts; i++) {
  cache.set('a', i);
  Atomics.store(written, 0, i);
  if (i % 500 === 0) Atomics.wait(written, 1, Atomics.load(written, 1));
}
Atomics.store(written, 0, -1);
cache.close();
