// Tests that the limit of a real memory cgroup changes under a process, or that the process changes its group.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { silentSuccess } from './helpers/run-script.js';
import { StoreProcess } from './helpers/store-process.js';

const MIB = 1024 * 1024;
/** A budget regrows by 5 % a second by default. */
const REGROWN_MS = 25_000;

describe.skipIf(whyNoGroup() !== undefined).concurrent('a process in a memory cgroup', () => {
  it('stays within a lower limit, and regrows under a higher one', async () => {
    await withGroup(512 * MIB, async (group) => {
      const maxBytes = 250 * MIB;
      const owner = await StoreProcess.start(group, { maxBytes });
      const before = await owner.latest();
      expect(before.stores[0]!.budgetBytes).toBe(maxBytes);
      expect(before.used).toBeGreaterThan(0.85 * 300 * MIB);

      await group.setLimit(300 * MIB);
      const { stores } = await owner.until(({ used }) => used < 0.75 * 300 * MIB, 2000);
      // The budget is not tested here, because it may be regrowing already.
      expect(stores[0]!.heldBytes).toBeLessThan(0.75 * maxBytes);

      await group.setLimit(512 * MIB);
      await owner.until((moment) => moment.stores[0]!.budgetBytes === maxBytes, REGROWN_MS);
      expect(await owner.end()).toEqual(silentSuccess);
      expect(group.oomKills()).toBe(0);
    });
  });

  it('reads the limit of the group that it is moved to', async () => {
    await withGroup(512 * MIB, (wide) =>
      withGroup(128 * MIB, async (tight) => {
        const owner = await StoreProcess.start(wide);
        await owner.startMonitor();
        await sleep(200);
        tight.enter(owner.pid);
        const movedAfter = (await owner.events()).length;
        // A group is looked up again every second.
        await sleep(2000);

        const samples = (await owner.events()).filter((event) => event.kind === 'sample');
        expect(samples[0]).toMatchObject({ limitedBy: 'cgroup', systemTotalMb: 512 });
        expect(samples.length).toBeGreaterThan(movedAfter);
        expect(samples.at(-1)).toMatchObject({ limitedBy: 'cgroup', systemTotalMb: 128 });
        expect(await owner.end()).toEqual(silentSuccess);
      }),
    );
  });
});
