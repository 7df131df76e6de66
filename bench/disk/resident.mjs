// What reading all of a disk tier of 400 MB adds to the resident set of the process.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { fill, withFolder } from './records.mjs';

const ENTRIES = 95_000;
const MIB = 1024 ** 2;
const paths = Array.from({ length: ENTRIES }, (_, i) => `/file/${i}`);
const options = (folder) => ({
  cacheDir: join(folder, 'cache'),
  maxDiskSizeMb: 450,
  maxMemoryMb: 1,
  maxMemoryEntries: 64,
  validate: 'none',
});
/** Of the process alone, also where a file is mapped. */
function residentMb() {
  global.gc();
  const [, pages] = readFileSync('/proc/self/statm', 'latin1').split(' ');
  return (Number(pages) * 4096) / MIB;
}

const inOneProcess = inChild(import.meta.url, async ({ root, folder, isToFill }) => {
  const { AdvancedMetadataCache } = await packageIn(root);
  const cache = new AdvancedMetadataCache(options(folder));
  if (isToFill) {
    await fill(cache, paths);
    cache.shutdown();
    return 0;
  }
  // The heap has its size, and the code is compiled, before anything is measured.
  for (let i = 0; i < 20_000; i++) cache.get(paths[i % 100]);
  const idle = residentMb();
  let found = 0;
  for (const path of paths) if (cache.get(path) !== undefined) found++;
  if (found < ENTRIES * 0.9) throw new Error(`Only ${found} records were found.`);
  const grown = residentMb() - idle;
  cache.shutdown();
  return grown;
});

export const measureResident = ({ root }) =>
  withFolder(async (folder) => {
    await inOneProcess({ root, folder, isToFill: true });
    return { 'resident after reading 400 MB, MB more': [await inOneProcess({ root, folder })] };
  });
