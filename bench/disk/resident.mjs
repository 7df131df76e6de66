// The bytes that reading a whole disk tier of 400 MB adds to the resident set of the process.

import { readFileSync } from 'node:fs';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { fill, MANY, manyOptions, manyPaths, withFolder } from './records.mjs';

const MIB = 1024 ** 2;
/** Returns the resident set of this process, in MiB, mapped pages of files included. */
function residentMb() {
  global.gc();
  const [, pages] = readFileSync('/proc/self/statm', 'latin1').split(' ');
  return (Number(pages) * 4096) / MIB;
}

const inOneProcess = inChild(import.meta.url, async ({ root, folder, isToFill }) => {
  const { AdvancedMetadataCache } = await packageIn(root);
  const cache = new AdvancedMetadataCache(manyOptions(folder));
  if (isToFill) {
    await fill(cache, manyPaths);
    cache.shutdown();
    return 0;
  }
  // The heap has its final size and the code is compiled before anything is measured.
  for (let i = 0; i < 20_000; i++) cache.get(manyPaths[i % 100]);
  const idle = residentMb();
  let found = 0;
  for (const path of manyPaths) if (cache.get(path) !== undefined) found++;
  if (found < MANY * 0.9) throw new Error(`Only ${found} records were found.`);
  const grown = residentMb() - idle;
  cache.shutdown();
  return grown;
});

export const measureResident = ({ root }) =>
  withFolder(async (folder) => {
    await inOneProcess({ root, folder, isToFill: true });
    return { 'resident after reading 400 MB, MB more': [await inOneProcess({ root, folder })] };
  });
