// Tests that the error of an extraction is the same in the thread that extracted, in others that waited for it, and
// when it was cached.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type ExtractAllOptions, extractAll } from '../lib/extract/index.js';
import { ClosedError } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { packageUrl } from './helpers/run-script.js';

const THREADS = 3;

const caches = new Caches();
let workers: Worker[] = [];

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

async function startThreads() {
  const { cacheDir } = caches;
  const counts = new SharedArrayBuffer(128);
  const workerData = { packageUrl, cacheDir, threads: THREADS, counts };
  const url = new URL('./helpers/error-worker.mjs', import.meta.url);
  workers = Array.from({ length: THREADS }, () => new Worker(url, { workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  return async (message: object) => {
    const answers = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage(message);
    return (await Promise.all(answers)).map(([answer]) => answer);
  };
}

describe('a failed extraction', () => {
  it('has the same error in all threads, and while it is cached', async () => {
    const ask = await startThreads();
    const kinds = {
      EncodeError: {
        classes: ['EbbcacheError', 'EncodeError'],
        name: 'EncodeError',
        code: 'ERR_EBBCACHE_VALUE',
        path: 'exif.tags[0]',
        reason: expect.stringContaining('function'),
        message: expect.stringMatching(/^The value at 'exif\.tags\[0\]' /),
      },
      ExtractError: {
        classes: ['EbbcacheError', 'ExtractError'],
        name: 'ExtractError',
        code: 'ERR_EBBCACHE_EXTRACT',
        file: expect.stringMatching(/ExtractError$/),
        message: expect.stringMatching(/cannot be read\.$/),
        cause: { code: 'EACCES', syscall: 'open' },
      },
      subclass: {
        classes: ['EbbcacheError', 'EncodeError'],
        name: 'Mine',
        path: 'a.b',
        message: "The value at 'a.b' is mine",
      },
      foreign: { classes: [], name: 'Foreign', code: 'ERR_FOREIGN', message: 'not ours' },
      pretender: { classes: [], name: 'EncodeError', message: 'not ours' },
    };
    for (const [kind, expected] of Object.entries(kinds)) {
      for (const { outcomes, extractions } of await ask({ call: 'fail', kind })) {
        expect(outcomes).toEqual(Array(2).fill(expect.objectContaining(expected)));
        // The stack is that of the thread that extracted.
        expect(outcomes.every((each: { hasStack: boolean }) => each.hasStack)).toBe(true);
        expect(extractions).toBe(1);
      }
    }
  });

  it('is one record of extractAll, in every thread and each time', async () => {
    const file = join(caches.folder, 'bad.jpg');
    writeFileSync(file, 'no image');
    const ask = await startThreads();
    const record = { file, error: expect.stringMatching(/bad\.jpg" is malformed/) };
    expect(await ask({ call: 'extractAll', file })).toEqual(Array(THREADS).fill([record, record]));
  });
});

describe('the function extractAll', () => {
  const recordsOf = async (cache: ExtractAllOptions['cache']) => {
    const records = [];
    for await (const record of extractAll([caches.file], { cache })) records.push(record);
    return records;
  };

  it('yields a record for a cached failure of another extractor', async () => {
    const cache = caches.make({ negativeTtlSeconds: 60 });
    const broken = () => Promise.reject(new SyntaxError('not mine'));
    await expect(cache.fetch(caches.file, broken)).rejects.toThrow('not mine');
    expect(await recordsOf(cache)).toEqual([{ file: caches.file, error: 'not mine' }]);
  });

  it('throws an error that concerns the whole run', async () => {
    const cache = caches.make();
    cache.shutdown();
    await expect(recordsOf(cache)).rejects.toThrow(ClosedError);
    await expect(recordsOf({} as never)).rejects.toThrow(/cache must be/);
    const records = extractAll([caches.file], { cache: caches.make(), tier: '\ud800' });
    await expect(records.next()).rejects.toThrow(/tier must be/);
  });
});
