// Runs rounds of threads that run flights and end at random moments, while this thread runs the same flights and
// must always get their results: node terminate-flights.mjs URL_OF_SINGLE_FLIGHT SEED ROUNDS

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const [flightUrl, seed, totalRounds] = isMainThread ? process.argv.slice(2) : workerData;
const { SingleFlight } = await import(flightUrl);
const flights = new SingleFlight({
  scope: 'scope',
  encode: (value) => Buffer.from(value),
  decode: (bytes) => Buffer.from(bytes).toString(),
});
const AT_ONCE = 3;
const random = seededRandom(Number(seed));

async function work(key, signal) {
  await setTimeout(random(3), undefined, { signal });
  if (random(10) === 0) throw new Error(key);
  return key;
}

/** Runs one call, which may be aborted, and must resolve to its key or reject with an error that names it. */
async function runOnce() {
  const key = `key${random(3)}`;
  const leaver = new AbortController();
  const run = flights.run(key, `${random(2)}`, (signal) => work(key, signal), leaver.signal);
  if (random(4) === 0) setTimeout(random(3)).then(() => leaver.abort());
  if (random(20) === 0) flights.forget(key);
  if (random(50) === 0) flights.forgetAll();
  try {
    const value = await run;
    if (value !== key) throw new Error(`${key} came to ${value}.`);
  } catch (error) {
    if (error.message !== key && error.name !== 'AbortError') throw error;
  }
}

/** Runs one thread to its end, which is as likely in its start as at work. */
async function runWorker(errors) {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: [flightUrl, random(2 ** 31)],
  });
  worker.on('error', (error) => errors.push(String(error)));
  const exited = once(worker, 'exit');
  await setTimeout(random(120));
  await worker.terminate();
  await exited;
}

async function main() {
  const errors = [];
  let [rounds, settled, done] = [0, 0, false];
  const runUntilDone = async () => {
    while (!done) {
      await runOnce();
      settled++;
    }
  };
  const runs = Array.from({ length: 5 }, runUntilDone);
  while (rounds < Number(totalRounds)) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => runWorker(errors)));
    rounds++;
  }
  done = true;
  await Promise.all(runs);
  console.log(JSON.stringify({ errors, rounds, settled }));
}

async function runForEver() {
  while (true) await runOnce();
}

if (isMainThread) await main();
else await Promise.all(Array.from({ length: 5 }, runForEver));
