// A worker of the benchmark of hot values: gets or puts one value of a store repeatedly until it is
// told to stop, and reports how often the value was there, or was stored.

import { parentPort, workerData } from 'node:worker_threads';
import { packageIn } from './versions.mjs';

const { root, store, size, kind, stop } = workerData;
const { ArenaCache } = await packageIn(root);
const cache = new ArenaCache(store);
const value = Buffer.alloc(size, 'w');
const call =
  kind === 'set' ? () => cache.setBytes('hot', value) : () => cache.getBytes('hot') !== undefined;
parentPort.postMessage('ready');
let count = 0;
while (Atomics.load(stop, 0) === 0) {
  if (call()) count++;
}
parentPort.postMessage(count);
cache.close();
