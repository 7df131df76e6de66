// What it costs an idle process to watch memory all the time.

import { setTimeout as sleep } from 'node:timers/promises';
import { ArenaCache, getGlobalMonitor, MemoryPressureMonitor } from 'ebbcache';
import { inChild } from './child.mjs';

const watchers = {
  nothing: () => {},
  'the global monitor, every 5 s': () => {
    getGlobalMonitor();
  },
  'a timer at 10 Hz, without work': () => {
    setInterval(() => {}, 100).unref();
  },
  'a monitor at 10 Hz': () => {
    new MemoryPressureMonitor({ sampleIntervalSeconds: 0.1 }).startMonitoring();
  },
  'an open store that ebbs': () => {
    globalThis.kept = new ArenaCache({ maxBytes: 64 * 1024 * 1024 });
  },
};

export const watcherNames = Object.keys(watchers);

/**
 * CPU time of all threads, user and system, in percent of a core; after `settleSeconds`, as V8 still
 * compiles for a while after the start, and collects some ten seconds after the last garbage.
 */
export const timeWatcher = inChild(import.meta.url, async ({ name, settleSeconds, seconds }) => {
  watchers[name]();
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
