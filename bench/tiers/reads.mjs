// A new process opens a filled cache and reads its records from disk, then the same ones from memory, then
// more from disk, and then keys without a record.

import { performance } from 'node:perf_hooks';
import { inChild } from '../child.mjs';
import { loadPackages, openTiers } from './contenders.mjs';
import { keyOf } from './records.mjs';
import { quantiles, timeEach } from './timing.mjs';

const FRONT = 20_000;
const MEMORY_PASSES = 6;
/** The stride shares no factor with the number of entries, so that it visits all, out of order. */
const STRIDE = 7919;

/** Misses are reads for files after those that have records. */
export const measureReads = inChild(
  import.meta.url,
  async ({ name, folder, files, entries, gets }) => {
    await loadPackages(name);
    const keysFrom = (from) =>
      Array.from({ length: gets }, (_, i) => keyOf(files, ((from + i) * STRIDE) % entries));
    const first = keysFrom(0);
    const later = keysFrom(gets);
    const missing = Array.from({ length: gets }, (_, i) => keyOf(files, entries + i));

    const started = performance.now();
    const cache = await openTiers(name, folder, FRONT);
    const openMs = performance.now() - started;
    const get = (key) => cache.get(key);

    const disk = await timeEach(first, get, true);
    if ((cache.diskHits?.() ?? gets) !== gets) throw new Error('Not all came from disk.');
    // The code of this path is compiled after the first pass.
    await timeEach(first, get, true);
    const memory = [];
    for (let pass = 0; pass < MEMORY_PASSES; pass++) {
      memory.push(...(await timeEach(first, get, true)));
    }
    const laterDisk = await timeEach(later, get, true);
    const miss = await timeEach(missing, get, false);
    await cache.close();
    return {
      openMs,
      disk: quantiles(disk),
      memory: quantiles(memory),
      laterDisk: quantiles(laterDisk),
      miss: quantiles(miss),
    };
  },
);
