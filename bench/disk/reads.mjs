// The processor time of a whole get of metadata by file: from memory, from disk, and for a miss in both. The
// files and the disk tier's files are in the page cache.

import { join } from 'node:path';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { cpuOf, fill, makeFiles, recordOf, withFolder } from './records.mjs';

const FILES = 20_000;
const PASSES = 3;
/** The stride shares no factor with the number of files, so that it visits all, out of order. */
const STRIDE = 7919;

export const measureReads = inChild(import.meta.url, ({ root }) =>
  withFolder(async (folder) => {
    const { AdvancedMetadataCache } = await packageIn(root);
    const paths = makeFiles(folder, 2 * FILES);
    const [known, unknown] = [paths.slice(0, FILES), paths.slice(FILES)];
    const open = (options) =>
      new AdvancedMetadataCache({
        cacheDir: join(folder, 'cache'),
        maxDiskSizeMb: 400,
        ...options,
      });
    const small = { maxMemoryMb: 16, maxMemoryEntries: 64 };
    const large = { maxMemoryMb: 1024, maxMemoryEntries: FILES };

    const readAll = (cache, from, isHit) => {
      const passes = [];
      for (let pass = 0; pass < PASSES + 1; pass++) {
        const us = cpuOf(FILES, () => {
          for (let i = 0; i < FILES; i++) {
            if ((cache.get(from[(i * STRIDE) % FILES]) !== undefined) !== isHit) {
              throw new Error('A record was found, or missed, that should not have been.');
            }
          }
        });
        // The first pass compiles the code, and is not measured.
        if (pass > 0) passes.push(us);
      }
      return passes;
    };

    const inMemory = open({ ...large, maxDiskSizeMb: 0 });
    for (const [i, path] of known.entries()) inMemory.put(path, recordOf(i));
    const memory = readAll(inMemory, known, true);
    inMemory.shutdown();
    const coherentMemory = open(large);
    await fill(coherentMemory, known);
    const coherent = readAll(coherentMemory, known, true);
    coherentMemory.shutdown();
    const onDisk = open(small);
    const disk = readAll(onDisk, known, true);
    if (onDisk.getStats().diskHits < FILES * PASSES) throw new Error('Not all came from disk.');
    const miss = readAll(onDisk, unknown, false);
    onDisk.shutdown();
    return {
      'memory hit without a disk tier, CPU us': memory,
      'memory hit with one, CPU us': coherent,
      'disk hit, CPU us': disk,
      'miss, CPU us': miss,
    };
  }),
);
