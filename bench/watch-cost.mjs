// The cost of watching memory all the time, for an idle process.

import { setTimeout as sleep } from 'node:timers/promises';
import { inChild } from './child.mjs';
import { packageIn } from './versions.mjs';

const watchers = {
  nothing: () => {},
  'the global monitor, every 5 s': ({ getGlobalMonitor }) => {
    getGlobalMonitor();
  },
  'a timer at 10 Hz, without work': () => {
    setInterval(() => {}, 100).unref();
  },
  'a monitor at 10 Hz': ({ MemoryPressureMonitor }) => {
    new MemoryPressureMonitor({ sampleIntervalSeconds: 0.1 }).startMonitoring();
  },
  'an open store that ebbs': ({ ArenaCache }) => {
    globalThis.kept = new ArenaCache({ maxBytes: 64 * 1024 * 1024 });
  },
};

export const watcherNames = Object.keys(watchers);

/**
 * Resolves to the CPU time of all threads, user and system, in percent of a core, for the package
 * in `root`. It is measured after `settleSeconds`, as V8 still compiles for a while after the
 * start, and collects some ten seconds after the last garbage.
 */
export const timeWatcher = inChild(import.meta.url, async (options) => {
  const { name, settleSeconds, seconds, root } = options;
  watchers[name](await packageIn(root));
  await sleep(500);
  globalThis.gc();
  await sleep(1000 * settleSeconds);
  const from = performance.now();
  const before = process.cpuUsage();
  await sleep(1000 * seconds);
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  return (100 * cpuMs) / (performance.now() - from);
});
