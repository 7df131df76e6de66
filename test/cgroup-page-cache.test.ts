// Tests that a group that is full of page cache is not short of memory.

import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type MemoryGroup, whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { PressureLevel } from '../lib/index.js';
import { whyNoDisk, withDiskFolder } from './helpers/disk-folder.js';
import { GroupProcess } from './helpers/group-process.js';
import { silentSuccess } from './helpers/run-script.js';
import { levelsSeen, StoreProcess } from './helpers/store-process.js';

const MIB = 1024 * 1024;
const LIMIT = 512 * MIB;
const MAX_BYTES = 64 * MIB;
const ENTRIES = 50_000;

/** The file takes no blocks on the disk, but reading it fills the page cache. */
function withHollowFile(mebibytes: number, use: (file: string) => Promise<void>) {
  return withDiskFolder(async (folder) => {
    const file = join(folder, 'large');
    writeFileSync(file, '');
    truncateSync(file, mebibytes * MIB);
    await use(file);
  });
}

async function maxCacheDuring(group: MemoryGroup, work: Promise<void>) {
  let most = 0;
  let working = true;
  const done = work.finally(() => {
    working = false;
  });
  while (working) {
    most = Math.max(most, group.cacheBytes());
    await sleep(10);
  }
  await done;
  return Math.max(most, group.cacheBytes());
}

describe.skipIf(whyNoGroup() !== undefined || whyNoDisk !== undefined)(
  'a file of twice the size of the limit',
  () => {
    it('can be read without a false alarm', async () => {
      await withGroup(LIMIT, (group) =>
        withHollowFile(1024, async (file) => {
          const owner = await StoreProcess.start(group, { maxBytes: MAX_BYTES });
          await owner.startMonitor();
          const cacheBytes = await maxCacheDuring(group, owner.read(file));
          // The page cache stays full, and the monitor continues to sample.
          await sleep(1000);

          expect(cacheBytes).toBeGreaterThan(0.7 * LIMIT);
          const samples = (await owner.events()).filter((event) => event.kind === 'sample');
          const levels = samples.map(({ pressureLevel }) => pressureLevel);
          expect(levels.length).toBeGreaterThan(10);
          expect(new Set(levels)).toEqual(new Set([PressureLevel.NORMAL]));
          const budgets = (await owner.timeline()).map(({ stores }) => stores[0]!.budgetBytes);
          expect(new Set(budgets)).toEqual(new Set([MAX_BYTES]));
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        }),
      );
    });
  },
);

describe.skipIf(whyNoGroup() !== undefined || whyNoDisk !== undefined)(
  'the page cache of a memory cgroup of 512 MiB',
  () => {
    it('takes nothing of a store for a file that is read repeatedly, until memory is needed', async () => {
      await withGroup(LIMIT, (group) =>
        withHollowFile(420, async (file) => {
          const maxBytes = 192 * MIB;
          const owner = await StoreProcess.startWith(group, ENTRIES, { maxBytes });
          await owner.startMonitor();
          for (let i = 0; i < 4; i++) {
            await owner.read(file);
            await sleep(200);
          }
          expect(group.cacheBytes()).toBeGreaterThan(0.5 * LIMIT);
          expect(await levelsSeen(owner)).toEqual([PressureLevel.NORMAL]);
          const moments = (await owner.timeline()).map(({ stores }) => stores[0]!);
          expect(new Set(moments.map(({ budgetBytes }) => budgetBytes))).toEqual(
            new Set([maxBytes]),
          );
          expect(moments.at(-1)!.entries).toBe(ENTRIES);

          const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
          await neighbour.call('takeBytes', 360);
          const { stores } = await owner.until(({ stores }) => stores[0]!.entries < ENTRIES, 5000);
          expect(stores[0]!.budgetBytes).toBeLessThan(maxBytes);
          expect(await neighbour.end()).toEqual(silentSuccess);
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        }),
      );
    });

    it('is no reason to shrink much while a file is written to disk', async () => {
      await withGroup(LIMIT, (group) =>
        withDiskFolder(async (folder) => {
          const owner = await StoreProcess.startWith(group, ENTRIES, { maxBytes: 192 * MIB });
          await owner.startMonitor();
          await owner.write(join(folder, 'written'), 2048);
          expect(group.cacheBytes()).toBeGreaterThan(0.4 * LIMIT);
          expect(Math.max(...(await levelsSeen(owner)))).toBeLessThanOrEqual(
            PressureLevel.ELEVATED,
          );
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        }),
      );
    });

    it('raises the level when it is too small for a file read in a loop and 60 % of other memory is used', async () => {
      await withGroup(LIMIT, (group) =>
        withHollowFile(400, async (file) => {
          const owner = await StoreProcess.startWith(group, ENTRIES / 2, { maxBytes: 96 * MIB });
          await owner.startMonitor();
          const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
          await neighbour.call('take', 62);
          expect(await levelsSeen(owner)).toEqual([PressureLevel.NORMAL]);
          const patience = performance.now() + 30_000;
          while (Math.max(...(await levelsSeen(owner))) === PressureLevel.NORMAL) {
            expect(performance.now()).toBeLessThan(patience);
            await owner.read(file);
          }
          const { governor } = await owner.status();
          expect(governor.stalls).toBeGreaterThan(0);
          expect(await neighbour.end()).toEqual(silentSuccess);
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        }),
      );
    });
  },
);
