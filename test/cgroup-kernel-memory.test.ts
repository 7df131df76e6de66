// Tests the kernel memory of a group: dentries are reclaimed on demand, pipes and tmpfs are not.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { PressureLevel } from '../lib/index.js';
import { whyNoDisk, withDiskFolder } from './helpers/disk-folder.js';
import { GroupProcess } from './helpers/group-process.js';
import { silentSuccess } from './helpers/run-script.js';
import { levelsSeen, StoreProcess } from './helpers/store-process.js';

const MIB = 1024 * 1024;
const ENTRIES = 20_000;
const FILES = 40_000;
const maxBytes = 96 * MIB;
const TMPFS = 0x01021994;
const shared = '/dev/shm';
const hasTmpfs = existsSync(shared) && statfsSync(shared).type === TMPFS;

if (whyNoDisk !== undefined) console.log(`Skipped, the test of dentries: there is ${whyNoDisk}.`);
if (!hasTmpfs) console.log(`Skipped, the tests of pipes and tmpfs: ${shared} is not in memory.`);

/** Returns whether the governor's level rose. A monitor may miss it, because released memory lowers it again. */
async function expectPressureEvents(owner: StoreProcess) {
  const { stats } = await owner.status();
  const { elevated, high, critical, request } = stats.pressureCauses;
  expect(elevated.events + high.events + critical.events).toBeGreaterThan(0);
  expect(elevated.evictions + high.evictions + critical.evictions).toBe(stats.pressureEvictions);
  expect(stats.pressureEvictions).toBeGreaterThan(0);
  expect(request.events).toBe(0);
}

describe.skipIf(whyNoGroup() !== undefined || whyNoDisk !== undefined)(
  'a process in a memory cgroup',
  () => {
    it('retains its entries while it reads 40,000 files, and releases memory on demand', async () => {
      await withGroup(256 * MIB, (group) =>
        withDiskFolder(async (folder) => {
          const owner = await StoreProcess.startWith(group, ENTRIES, { maxBytes });
          await owner.startMonitor();
          await owner.makeFiles(folder, FILES);
          const kernel = group.usageBytes() - group.unreclaimableBytes() - group.cacheBytes();
          expect(kernel).toBeGreaterThan(30 * MIB);
          await sleep(1000);
          expect(await levelsSeen(owner)).toEqual([PressureLevel.NORMAL]);
          const { stores } = await owner.latest();
          expect(stores[0]!.entries).toBeGreaterThanOrEqual(0.98 * ENTRIES);

          const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
          await neighbour.call('takeBytes', 110);
          expect(await neighbour.end()).toEqual(silentSuccess);
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        }),
      );
    });

    it.skipIf(!hasTmpfs)('releases memory for tens of thousands of open pipes', async () => {
      const processes = 2;
      const pipes = 12_000;
      await withGroup(280 * MIB, async (group) => {
        const folder = mkdtempSync(join(shared, 'ebbcache-test-'));
        try {
          const names = Array.from({ length: processes * pipes }, (_, i) => join(folder, `${i}`));
          const made = spawnSync('xargs', ['mkfifo'], {
            input: names.join('\n'),
            encoding: 'utf8',
          });
          expect(made).toMatchObject({ status: 0, stderr: '' });
          const owner = await StoreProcess.startWith(group, ENTRIES, { maxBytes });
          const holders = [];
          for (let i = 0; i < processes; i++) {
            const holder = await GroupProcess.start(group, 'pipe-holder.mjs');
            holders.push(holder);
            await holder.call('open', names.slice(i * pipes, (i + 1) * pipes));
          }
          await owner.until(({ stores }) => stores[0]!.entries < 0.9 * ENTRIES, 5000);
          await expectPressureEvents(owner);
          for (const holder of holders) expect(await holder.end()).toEqual(silentSuccess);
          expect(await owner.end()).toEqual(silentSuccess);
          expect(group.oomKills()).toBe(0);
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    });

    it.skipIf(!hasTmpfs)('releases memory for files in tmpfs', async () => {
      await withGroup(256 * MIB, async (group) => {
        const owner = await StoreProcess.startWith(group, ENTRIES, { maxBytes });
        const folder = mkdtempSync(join(shared, 'ebbcache-test-'));
        try {
          await owner.write(join(folder, 'file'), 160);
          await owner.until(({ stores }) => stores[0]!.entries < 0.9 * ENTRIES, 5000);
          await expectPressureEvents(owner);
        } finally {
          await owner.remove(folder);
        }
        expect(await owner.end()).toEqual(silentSuccess);
        expect(group.oomKills()).toBe(0);
      });
    });
  },
);
