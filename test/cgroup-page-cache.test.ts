// A group that is full of page cache is not short of memory.

import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type MemoryGroup, whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { PressureLevel } from '../lib/index.js';
import { silentSuccess } from './helpers/run-script.js';
import { StoreProcess } from './helpers/store-process.js';

const MIB = 1024 * 1024;
const LIMIT = 512 * MIB;
const MAX_BYTES = 64 * MIB;

/** What lies in memory anyway is no page cache that can be dropped. */
const isInMemory = (folder: string) => [0x01021994, 0x858458f6].includes(statfsSync(folder).type);
const folder = [tmpdir(), join(import.meta.dirname, '..')].find((each) => !isInMemory(each));

/** A file of 1 GiB that takes no place on the disk; reading it fills the page cache all the same. */
async function withLargeFile(use: (file: string) => Promise<void>) {
  const made = mkdtempSync(join(folder!, '.cache-ebbcache-test-'));
  try {
    const file = join(made, 'large');
    writeFileSync(file, '');
    truncateSync(file, 1024 * MIB);
    await use(file);
  } finally {
    rmSync(made, { recursive: true });
  }
}

async function mostCacheDuring(group: MemoryGroup, work: Promise<void>) {
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

describe.skipIf(whyNoGroup() !== undefined || folder === undefined)(
  'a file of twice the size of the limit',
  () => {
    it('is read without a false alarm', async () => {
      await withGroup(LIMIT, (group) =>
        withLargeFile(async (file) => {
          const owner = await StoreProcess.start(group, { maxBytes: MAX_BYTES });
          await owner.startMonitor();
          const cacheBytes = await mostCacheDuring(group, owner.read(file));
          // The cache stays full, and the monitor looks on.
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
