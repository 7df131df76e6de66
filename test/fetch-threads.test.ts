// Tests that one extraction serves all threads whose caches share a disk tier.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Caches } from './helpers/caches.js';
import { packageUrl } from './helpers/run-script.js';

const WORKERS = 4;
const CALLS = 250;

const caches = new Caches();

async function fetchInThreads(fails: boolean) {
  const extractions = new Int32Array(new SharedArrayBuffer(4));
  const { cacheDir, file } = caches;
  const workerData = { packageUrl, cacheDir, file, calls: CALLS, extractions, fails };
  const url = new URL('./helpers/fetch-worker.mjs', import.meta.url);
  const workers = Array.from({ length: WORKERS }, () => new Worker(url, { workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map((worker) => once(worker, 'message'));
  const exits = workers.map((worker) => once(worker, 'exit'));
  for (const worker of workers) worker.postMessage('go');
  const reports = (await Promise.all(results)).map(([report]) => report);
  const outcomes = reports.flatMap((report) => report.outcomes);
  const cachedAtOnce = reports.filter((report) => report.isCached).length;
  await Promise.all(exits);
  return { outcomes, cachedAtOnce, extractions: extractions[0] };
}

describe('a thousand fetches of one file in four threads', () => {
  it('run one extraction', async () => {
    const { outcomes, extractions, cachedAtOnce } = await fetchInThreads(false);
    expect(outcomes).toEqual(Array(WORKERS * CALLS).fill(42));
    expect(extractions).toBe(1);
    // Threads that waited for another one have the record at once too.
    expect(cachedAtOnce).toBe(WORKERS);
    expect(caches.make().get(caches.file)).toEqual({ n: 42 });
  });

  it('reject when it fails, and store nothing', async () => {
    const { outcomes, extractions } = await fetchInThreads(true);
    expect(outcomes).toEqual(Array(WORKERS * CALLS).fill('TypeError ERR_BROKEN broken file'));
    expect(extractions).toBe(1);
    expect(caches.make().get(caches.file)).toBeUndefined();
  });
});
