// Starts workers that open, use, clear and close caches with a disk tier, ends them at random moments, and prints
// the outcome as JSON: node terminate-disk-workers.mjs URL_OF_PACKAGE FOLDER WORKERS SEED

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, folder, workers, seed] = process.argv.slice(2);
const { AdvancedMetadataCache, ArenaCache } = await import(packageUrl);
const AT_ONCE = 5;
const random = seededRandom(Number(seed));
const errors = [];
const ended = { terminated: 0, byThemselves: 0 };
let left = Number(workers);

/** Runs one worker to its end, which is as likely in its start as at work. */
async function runWorker() {
  const end = ['terminate', 'terminate', 'terminate', 'exit', 'close', 'leave'][random(6)];
  const operations = end === 'terminate' ? Number.POSITIVE_INFINITY : random(500);
  const worker = new Worker(new URL('disk-worker.mjs', import.meta.url), {
    workerData: { packageUrl, folder, operations, end, seed: random(2 ** 31) },
  });
  worker.on('error', (error) => errors.push(String(error)));
  worker.on('message', (message) => errors.push(message));
  const exited = once(worker, 'exit');
  if (end === 'terminate') {
    await setTimeout(random(200));
    await worker.terminate();
    ended.terminated++;
  } else {
    ended.byThemselves++;
  }
  await exited;
}

async function runInTurn() {
  while (left-- > 0) await runWorker();
}

// This process has the tier open all the time in the second half.
await Promise.all(Array.from({ length: AT_ONCE }, () => runInTurn()));
const values = new ArenaCache({
  maxBytes: 1 << 20,
  disk: { dir: `${folder}/values`, maxBytes: 4 << 20 },
});
left = Number(workers);
await Promise.all(Array.from({ length: AT_ONCE }, () => runInTurn()));

values.set('last', 1);
const isFlushed = await values.flush();
const records = new AdvancedMetadataCache({ cacheDir: `${folder}/records`, validate: 'none' });
records.put('/last', { n: 1 });
const areRecordsFlushed = await records.flush();
const fetched = await Promise.all(
  Array.from({ length: 100 }, (_, i) => values.fetch(`fetched ${i}`, () => i)),
);
const found = [values.get('last'), records.get('/last')?.n, fetched.filter(Number.isFinite).length];
const { drops } = values.stats().disk;
values.close();
records.shutdown();
console.log(JSON.stringify({ errors, ended, isFlushed, areRecordsFlushed, found, drops }));
