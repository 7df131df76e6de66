// Sets and reads values under keys that other threads and processes use too, until the time is over. It posts
// or prints { wrong, reads, trainings }: a value is wrong unless it was written for its key.
//   compact-peer.mjs PACKAGE SECONDS SEED OPTIONS      OPTIONS of an ArenaCache, as JSON
// The shape of the values changes with time, so that dictionaries are trained again.

import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, seconds, seed, options] = workerData ?? process.argv.slice(2);
const { ArenaCache } = await import(packageUrl);
const cache = new ArenaCache(JSON.parse(options));
const random = seededRandom(Number(seed));
const KEYS = 400;

/** A value that its key, era and number determine. */
function madeOf(key, era, n) {
  const value = { key, era, n };
  for (let i = 0; i < 30; i++)
    value[`field ${era} of ${i}`] = `value ${(n * 31 + i * 7) % 5} of ${i}`;
  return value;
}

const begin = Date.now();
const end = begin + Number(seconds) * 1000;
const wrong = [];
let reads = 0;
for (let i = 0; Date.now() < end; i++) {
  const key = `key ${random(KEYS)}`;
  const era = Math.floor(((Date.now() - begin) / (end - begin)) * 6);
  if (random(2) === 0) cache.set(key, madeOf(key, era, random(1000)));
  const found = cache.get(key);
  if (found !== undefined) {
    reads++;
    if (!isDeepStrictEqual(found, madeOf(key, found.era, found.n))) wrong.push({ key, found });
  }
  // Others take their turn.
  if (i % 100 === 0) await new Promise(setImmediate);
}
const { dictionaryTrainings: trainings } = cache.stats();
const outcome = { wrong: wrong.slice(0, 3), reads, trainings };
if (parentPort === null) console.log(JSON.stringify(outcome));
else parentPort.postMessage(outcome);
cache.close();
