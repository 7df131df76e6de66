// A worker of the benchmark of reader threads: reads the shared store for as long as it is told to,
// and reports the number of gets.

import { parentPort, workerData } from 'node:worker_threads';
import { ArenaCache } from 'ebbcache';
import { keyOf } from './records.mjs';

/** The stride shares no factor with the number of entries, so that it visits all, out of order. */
const STRIDE = 7919;
/** The number of gets between two readings of the clock. */
const BATCH = 256;

const { store, entries, start } = workerData;
const cache = new ArenaCache(store);
const keys = Array.from({ length: entries }, (_, i) => keyOf((start + i * STRIDE) % entries));
let at = 0;

parentPort.on('message', (ms) => {
  const until = performance.now() + ms;
  let gets = 0;
  while (performance.now() < until) {
    for (let i = 0; i < BATCH; i++) {
      if (cache.get(keys[at]) === undefined) throw new Error('An entry was lost.');
      at = at + 1 === entries ? 0 : at + 1;
    }
    gets += BATCH;
  }
  parentPort.postMessage(gets);
});
