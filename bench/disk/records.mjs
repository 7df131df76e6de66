// Records of one size for the measurements of the disk tier, and the caches that they are put into.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const RECORD_BYTES = 4000;

/** Returns 4 kB of msgpack: some strings like those of metadata. */
export function recordOf(i) {
  return {
    Make: 'Maker',
    Model: `Model ${i}`,
    ISO: 100 + (i % 50),
    Width: 4000,
    Height: 3000,
    Notes: Array.from({ length: 12 }, (_, k) => `${i} ${k} `.padEnd(320, 'abcdefgh')),
  };
}

/** Calls `use`, which may be async, with a folder that is removed afterwards. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes small files, some hundred in a folder. */
export function makeFiles(folder, count) {
  return Array.from({ length: count }, (_, i) => {
    const parent = join(folder, 'files', `${i % 100}`);
    if (i < 100) mkdirSync(parent, { recursive: true });
    const path = join(parent, `${i}.jpg`);
    writeFileSync(path, `${i}`);
    return path;
  });
}

/** Puts a record for each path, and flushes now and then, so that nothing is dropped. */
export async function fill(cache, paths) {
  for (const [i, path] of paths.entries()) {
    cache.put(path, recordOf(i));
    if (i % 500 === 499) await cache.flush();
  }
  if (!(await cache.flush())) throw new Error('Records were dropped.');
}

/** Returns the user and system time of the process while `work` runs, in us per operation. */
export function cpuOf(operations, work) {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / operations;
}

/** The number of records that take about 400 MB, which is more than a small group has room for. */
export const MANY = 95_000;
export const manyPaths = Array.from({ length: MANY }, (_, i) => `/file/${i}`);
export const manyOptions = (folder) => ({
  cacheDir: join(folder, 'cache'),
  maxDiskSizeMb: 450,
  maxMemoryMb: 1,
  maxMemoryEntries: 64,
  validate: 'none',
});
