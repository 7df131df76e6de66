// Tests that stores shrink when another process of the same memory cgroup takes memory.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { GroupProcess } from './helpers/group-process.js';
import { silentSuccess } from './helpers/run-script.js';
import { type Moment, StoreProcess, seenAt } from './helpers/store-process.js';

const MIB = 1024 * 1024;
const LIMIT = 512 * MIB;
const STORE = 200 * MIB;
/** A store must release memory, and the system must have it back, within these ms after usage has passed 85 %. */
const RELEASED_MS = 500;
const RETURNED_MS = 1000;
/** A store regrows from nothing to all in 20 s with 5 % a second, and the level must be normal first. */
const REGROWN_MS = 25_000;

interface Taken {
  crossedAt: number;
  takenBytes: number;
}

function expectReleased(before: Moment, timeline: Moment[], crossedAt: number) {
  const [full] = before.stores;
  const [store] = seenAt(timeline, crossedAt + RELEASED_MS).stores;
  expect(full!.heldBytes).toBeGreaterThan(0.95 * STORE);
  // The budget is not tested here, because it may be regrowing already.
  expect(store!.heldBytes).toBeLessThanOrEqual(0.75 * STORE);
}

function releasedBytes(before: Moment, after: Moment) {
  return before.stores[0]!.heldBytes - after.stores[0]!.heldBytes;
}

describe.skipIf(whyNoGroup() !== undefined)('a neighbour in a memory cgroup of 512 MiB', () => {
  it('receives memory from a store, which regrows when the neighbour has ended', async () => {
    await withGroup(LIMIT, async (group) => {
      const owner = await StoreProcess.start(group, { maxBytes: STORE });
      const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
      const before = await owner.latest();
      const { crossedAt, takenBytes } = await neighbour.call<Taken>('take', 85);
      await sleep(RETURNED_MS);

      const timeline = await owner.timeline();
      expectReleased(before, timeline, crossedAt);
      const after = seenAt(timeline, crossedAt + RETURNED_MS);
      const released = releasedBytes(before, after);
      expect(before.rss - after.rss).toBeGreaterThanOrEqual(0.8 * released);
      expect(before.used + takenBytes - after.used).toBeGreaterThanOrEqual(0.8 * released);

      expect(await neighbour.end()).toEqual(silentSuccess);
      await owner.until(({ stores }) => stores[0]!.budgetBytes === STORE, REGROWN_MS);
      expect(await owner.end()).toEqual(silentSuccess);
      expect(group.oomKills()).toBe(0);
    });
  });

  it('receives memory from a store while JavaScript is busy, and no callback runs meanwhile', async () => {
    await withGroup(LIMIT, async (group) => {
      // The minimum of the store holds the level up, so that callbacks have events to report.
      const owner = await StoreProcess.start(group, { maxBytes: STORE, minBytes: STORE / 2 });
      await owner.startMonitor();
      const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
      const before = await owner.latest();
      const blocked = owner.block(5000);
      await sleep(500);
      const { crossedAt } = await neighbour.call<Taken>('press', 85);
      const { from, to } = await blocked;
      await sleep(500);

      expect(crossedAt).toBeGreaterThan(from);
      expect(crossedAt + RETURNED_MS).toBeLessThan(to);
      const timeline = await owner.timeline();
      expectReleased(before, timeline, crossedAt);
      const after = seenAt(timeline, crossedAt + RETURNED_MS);
      expect(before.rss - after.rss).toBeGreaterThanOrEqual(0.8 * releasedBytes(before, after));

      const events = await owner.events();
      expect(events.filter(({ at }) => at >= from && at <= to)).toEqual([]);
      expect(events.filter(({ kind, at }) => kind === 'callback' && at > to)).not.toEqual([]);
      expect(await neighbour.end()).toEqual(silentSuccess);
      expect(await owner.end()).toEqual(silentSuccess);
      expect(group.oomKills()).toBe(0);
    });
  });

  it('receives nothing of what minBytes and ebb: false protect', async () => {
    await withGroup(LIMIT, async (group) => {
      const maxBytes = 64 * MIB;
      const minBytes = 32 * MIB;
      const owner = await StoreProcess.start(
        group,
        { maxBytes },
        { maxBytes, minBytes },
        { maxBytes, ebb: false },
      );
      const before = await owner.latest();
      const neighbour = await GroupProcess.start(group, 'neighbour.mjs');
      await neighbour.call<Taken>('press', 90);
      // A store of no bytes still has one slab.
      const { stores } = await owner.until(
        ({ stores: [ebbing, floored] }) =>
          ebbing!.heldBytes < 4 * MIB && floored!.budgetBytes === minBytes,
        10_000,
      );
      expect(stores[1]!.heldBytes).toBeGreaterThan(0.8 * minBytes);
      expect(stores[2]!.budgetBytes).toBe(maxBytes);
      expect(stores[2]!.heldBytes).toBeGreaterThan(0.95 * before.stores[2]!.heldBytes);
      expect(await neighbour.end()).toEqual(silentSuccess);
      expect(await owner.end()).toEqual(silentSuccess);
      expect(group.oomKills()).toBe(0);
    });
  });
});
