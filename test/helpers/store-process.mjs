// Opens stores in a memory group and records their sizes: node store-process.mjs FOLDER_OF_GROUP

import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { MemoryGroup } from '../../bench/memory-group.mjs';
import * as ebbcache from '../../dist/index.js';
import { makeFiles } from './make-files.mjs';
import { now, serve } from './serve.mjs';

const { ArenaCache, MemoryPressureMonitor, PressureLevel } = ebbcache;
const SAMPLE_MS = 10;
const group = new MemoryGroup(process.argv[2] ?? '');
const stores = [];
const timeline = [];
const events = [];

function note() {
  timeline.push({
    at: now(),
    stores: stores.map((store) => {
      const { entries, heldBytes, budgetBytes } = store.stats();
      return { entries, heldBytes, budgetBytes };
    }),
    rss: process.memoryUsage.rss(),
    used: group.usedBytes(),
  });
}

function fill(store) {
  const value = Buffer.alloc(4000, 'v');
  for (let i = 0; store.stats().evictions === 0; i++) store.set(`key-${i}`, value);
}

// Budgets regrow ten times as fast as by default, which takes some 20 s.
ebbcache.configureGovernor({ regrowStepPercent: 10, regrowIntervalMs: 100 });

serve({
  /** Opens a store for each of the options, and records the timeline from then on. */
  open({ options, isFilled }) {
    for (const each of options) {
      // Values that are all the same fill a store only where they are stored as they are.
      const store = new ArenaCache({ codec: 'msgpack', ...each });
      if (isFilled) fill(store);
      stores.push(store);
    }
    note();
    setInterval(note, SAMPLE_MS).unref();
  },
  /** Sets `count` values of 2,500 bytes in each store. */
  put(count) {
    const value = Buffer.alloc(2500, 'v');
    for (const store of stores) {
      for (let i = 0; i < count; i++) store.set(`key-${i}`, value);
    }
    note();
  },
  /** See make-files.mjs. */
  makeFiles: ({ folder, count }) => makeFiles(folder, count),
  /** Writes a new file in chunks of 1 MiB. */
  async write({ file, mebibytes }) {
    const target = await open(file, 'w');
    const chunk = Buffer.alloc(2 ** 20, 1);
    for (let i = 0; i < mebibytes; i++) await target.write(chunk);
    await target.close();
  },
  remove(file) {
    rmSync(file, { force: true, recursive: true });
  },
  status: () => ({ governor: ebbcache.getGovernorStatus(), stats: stores[0].stats() }),
  /** Starts a monitor at 20 Hz, and records its callbacks. */
  monitor() {
    const monitor = new MemoryPressureMonitor({ sampleIntervalSeconds: 0.05 });
    monitor.on('sample', ({ pressureLevel, systemTotalMb, limitedBy }) => {
      events.push({ at: now(), kind: 'sample', pressureLevel, systemTotalMb, limitedBy });
    });
    for (const level of Object.values(PressureLevel)) {
      monitor.registerPressureCallback(level, () => events.push({ at: now(), kind: 'callback' }));
    }
    monitor.startMonitoring();
  },
  /** Blocks the event loop for `milliseconds` ms, while the timeline continues. */
  block(milliseconds) {
    const from = now();
    for (let noteAt = from; now() < from + milliseconds; ) {
      if (now() < noteAt) continue;
      note();
      noteAt = now() + SAMPLE_MS;
    }
    return { from, to: now() };
  },
  async read(path) {
    const file = await open(path);
    const buffer = Buffer.alloc(2 ** 20);
    while ((await file.read(buffer)).bytesRead > 0);
    await file.close();
  },
  timeline: () => timeline,
  latest: () => timeline.at(-1),
  events: () => events,
});
