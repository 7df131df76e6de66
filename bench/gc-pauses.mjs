// The duration of garbage collections in a process that holds a full cache, beside one that holds
// none, in a process for each contender with the same garbage.

import { constants, PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inChild } from './child.mjs';
import { contenders, nothing, openContender } from './contenders.mjs';
import { keyOf, smallRecordText } from './records.mjs';
import { median, spread } from './statistics.mjs';

const FULL_COLLECTIONS = 5;
/** The number of scavenges until the litter's code is optimized. */
const WARM_UP = 20;

export async function gcPauses({ quick }) {
  const sizes = quick ? [20_000] : [300_000, 1_000_000];
  const scavenges = quick ? 30 : 100;
  const measured = {};
  const tables = [];
  for (const entries of sizes) {
    const pauses = {};
    for (const name of [nothing.name, ...Object.keys(contenders)]) {
      pauses[name] = await pausesBeside({ name, entries, scavenges });
    }
    measured[entries] = pauses;
    const empty = median(pauses[nothing.name].scavengeMs);
    tables.push({
      columns: [`${entries} entries in`, 'scavenge, ms', 'of an empty process', 'full, ms'],
      rows: Object.entries(pauses).map(([name, { scavengeMs, fullMs }]) => [
        name,
        spread(scavengeMs, 2),
        `${(median(scavengeMs) / empty).toFixed(2)} x`,
        spread(fullMs, 1),
      ]),
    });
  }
  return {
    title: 'Garbage collection pauses',
    about:
      'Scavenges set off by the same garbage in each process, and full collections by `gc()`, ' +
      `while small records are cached: median (least to most) of ${scavenges} and ${FULL_COLLECTIONS}.`,
    tables,
    measured,
  };
}

const pausesBeside = inChild(import.meta.url, async ({ name, entries, scavenges }) => {
  const cache = openContender(name, entries);
  for (let i = 0; i < entries; i++) {
    cache.put(keyOf(i), JSON.parse(smallRecordText(i)));
    if (i % 10_000 === 0) await cache.settle();
  }
  await cache.settle();
  // All cached entries are old after these collections.
  gc();
  gc();

  const scavengeMs = [];
  const observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) scavengeMs.push(duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const litter = litterer();
  while (scavengeMs.length < WARM_UP + scavenges) {
    litter();
    await nextTurn();
  }
  observer.disconnect();

  const fullMs = Array.from({ length: FULL_COLLECTIONS }, () => {
    const started = performance.now();
    gc();
    return performance.now() - started;
  });
  await cache.close();
  return { scavengeMs: scavengeMs.slice(WARM_UP, WARM_UP + scavenges), fullMs };
});

/** Makes garbage of which the last few thousand objects are alive at any time, as in a service. */
function litterer() {
  const alive = new Array(5_000);
  let made = 0;
  return () => {
    for (let i = 0; i < 20_000; i++, made++) {
      alive[made % alive.length] = { id: made, path: `/request/${made}`, tags: [made, { made }] };
    }
  };
}
