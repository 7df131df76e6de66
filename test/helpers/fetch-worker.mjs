// Runs a thread that fetches one file many times at once on request, with a cache of its own.

import { parentPort, workerData } from 'node:worker_threads';

const { AdvancedMetadataCache } = await import(workerData.packageUrl);
const { cacheDir, file, calls, extractions } = workerData;

const cache = new AdvancedMetadataCache({ cacheDir, maxMemoryMb: 16 });

async function extract() {
  Atomics.add(extractions, 0, 1);
  // The extraction is long enough for all threads to ask meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (workerData.fails) throw Object.assign(new TypeError('broken file'), { code: 'ERR_BROKEN' });
  return { n: 42 };
}

parentPort.once('message', async () => {
  const all = Array.from({ length: calls }, () => cache.fetch(file, extract));
  const outcomes = await Promise.allSettled(all);
  parentPort.postMessage({
    outcomes: outcomes.map(
      ({ value, reason }) => value?.n ?? `${reason.name} ${reason.code} ${reason.message}`,
    ),
    isCached: cache.get(file) !== undefined,
  });
  cache.shutdown();
  parentPort.close();
});
parentPort.postMessage('ready');
