// Runs a thread that fetches files through a cache of its own on request, and posts the rejections, with whether
// they are of this thread's own classes.

import { parentPort, workerData } from 'node:worker_threads';

const { packageUrl, cacheDir, threads, counts } = workerData;
const { AdvancedMetadataCache, EbbcacheError, EncodeError, ClosedError } = await import(packageUrl);
const { ExtractError, extractAll } = await import(new URL('./extract/index.js', packageUrl));
const classes = { EbbcacheError, EncodeError, ClosedError, ExtractError, TypeError };
/** These count, for each kind of failure, the threads that have asked and the extractions. */
const [asked, extractions] = [new Int32Array(counts, 0, 16), new Int32Array(counts, 64, 16)];

const cache = new AdvancedMetadataCache({
  cacheDir,
  maxMemoryMb: 16,
  validate: 'none',
  negativeTtlSeconds: 60,
});

const failures = {
  EncodeError: () => ({ exif: { tags: [() => {}] } }),
  ExtractError: (file) => {
    const cause = Object.assign(new Error('EACCES'), {
      code: 'EACCES',
      errno: -13,
      syscall: 'open',
    });
    throw new ExtractError(file, `"${file}" cannot be read.`, { cause });
  },
  subclass: () => {
    class Mine extends EncodeError {}
    throw new Mine('a.b', 'is mine');
  },
  foreign: () => {
    class Foreign extends Error {
      name = 'Foreign';
      code = 'ERR_FOREIGN';
    }
    throw new Foreign('not ours');
  },
  pretender: () => {
    const error = new Error('not ours');
    error.name = 'EncodeError';
    throw error;
  },
};

function describe(error) {
  return {
    classes: Object.keys(classes).filter((name) => error instanceof classes[name]),
    name: error.name,
    message: error.message,
    code: error.code,
    path: error.path,
    reason: error.reason,
    file: error.file,
    cause: error.cause && { code: error.cause.code, syscall: error.cause.syscall },
    hasStack: error.stack?.includes('error-worker.mjs') || error.stack?.includes('encode') || false,
  };
}

const calls = {
  /** One extraction runs for all threads, and the cache stores its failure. */
  async fail({ kind }) {
    const at = Object.keys(failures).indexOf(kind);
    const extract = async (file) => {
      Atomics.add(extractions, at, 1);
      while (Atomics.load(asked, at) < threads) await new Promise(setImmediate);
      return failures[kind](file);
    };
    const outcomeOf = (fetched) => fetched.then(() => undefined, describe);
    const fetched = cache.fetch(kind, extract);
    Atomics.add(asked, at, 1);
    const first = await outcomeOf(fetched);
    const outcomes = [first, await outcomeOf(cache.fetch(kind, extract))];
    return { outcomes, extractions: Atomics.load(extractions, at) };
  },
  async extractAll({ file }) {
    const records = [];
    for (let i = 0; i < 2; i++) {
      for await (const record of extractAll([file], { cache })) records.push(record);
    }
    return records;
  },
};

parentPort.on('message', async ({ call, ...rest }) =>
  parentPort.postMessage(await calls[call](rest)),
);
parentPort.postMessage('ready');
