// Measures what a store of 64 MiB costs the process: run with --expose-gc, prints one line of JSON.
// The argument is the URL of the built package.

import { getHeapSpaceStatistics } from 'node:v8';

const { ArenaCache } = await import(process.argv[2]);

const MIB = 1024 * 1024;
const maxBytes = 64 * MIB;
const entries = 1_000_000;

/** Each entry has 600 bytes of JSON, with a text of its own. */
function textOf(i) {
  return `${i}`.padStart(12, '0') + 'v'.repeat(586);
}

function collect() {
  for (let i = 0; i < 4; i++) globalThis.gc();
}

function youngBytes() {
  return getHeapSpaceStatistics()
    .filter((space) => space.space_name.startsWith('new_'))
    .reduce((sum, space) => sum + space.space_size, 0);
}

function fill(cache, from, to) {
  for (let i = from; i < to; i++) cache.set(`/photos/${i}.jpg`, textOf(i));
}

// The same loop runs on a small store until V8's young generation has its working size.
const small = new ArenaCache({ maxBytes: MIB, ebb: false });
let young = 0;
for (let still = 0; still < 4; ) {
  fill(small, 0, 100_000);
  still = youngBytes() > young ? 0 : still + 1;
  young = Math.max(young, youngBytes());
}
small.close();
collect();
const rssBefore = process.memoryUsage.rss();

const cache = new ArenaCache({ maxBytes, ebb: false });
let checks = 0;
let overBudget = 0;
let maxHeld = 0;
let maxRss = 0;
let heapAt100k = 0;
for (let i = 0; i < entries; i += 1000) {
  fill(cache, i, i + 1000);
  const { heldBytes, budgetBytes } = cache.stats();
  checks++;
  if (heldBytes > budgetBytes || budgetBytes !== maxBytes) overBudget++;
  maxHeld = Math.max(maxHeld, heldBytes);
  maxRss = Math.max(maxRss, process.memoryUsage.rss());
  if (i + 1000 === 100_000) {
    collect();
    heapAt100k = process.memoryUsage().heapUsed;
  }
}
collect();
const heapAtEnd = process.memoryUsage().heapUsed;
const rssAfter = process.memoryUsage.rss();

const { entries: kept, payloadBytes } = cache.stats();
let recent = 0;
for (let i = entries - kept; i < entries; i++) {
  if (cache.peek(`/photos/${i}.jpg`) === textOf(i)) recent++;
}
cache.close();
collect();
console.log(
  JSON.stringify({
    checks,
    overBudget,
    kept,
    recent,
    maxHeld,
    payloadBytes,
    heapGrowth: heapAtEnd - heapAt100k,
    rssGrowth: rssAfter - rssBefore,
    rssPeakGrowth: maxRss - rssBefore,
    rssGrowthClosed: process.memoryUsage.rss() - rssBefore,
    youngBytes: young,
  }),
);
