// ebbcache beside what a service would use instead, in one process, rounds interleaved: nanoseconds
// per get and put of metadata records, as medians with their spread.
//   node --expose-gc bench/caches.mjs [--quick]

import { readFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { ArenaCache } from 'ebbcache';
import { LRUCache } from 'lru-cache';
import { Packr } from 'msgpackr';

const quick = process.argv.includes('--quick');
const ENTRIES = quick ? 2_000 : 20_000;
const ROUNDS = quick ? 3 : 9;
const BUDGET = 512 * 1024 * 1024;

/** Real metadata where EBBCACHE_DATA has it, else records of the same shape and size. */
function sampleRecords() {
  const folder = process.env.EBBCACHE_DATA;
  if (folder !== undefined) {
    const lines = readFileSync(join(folder, 'corpus', 'real.ndjson'), 'utf8')
      .trim()
      .split('\n');
    return { records: lines.map((line) => JSON.parse(line)), source: 'real metadata' };
  }
  const record = (i) =>
    Object.fromEntries(
      Array.from({ length: 100 }, (_, k) => [
        `EXIF:Property${k}`,
        k % 3 ? `value ${i} of ${k}` : i * k,
      ]),
    );
  return { records: Array.from({ length: 80 }, (_, i) => record(i)), source: 'made records' };
}

const packr = new Packr({ useRecords: false, moreTypes: true });

const contenders = {
  ebbcache: () => {
    const cache = new ArenaCache({ maxBytes: BUDGET, ebb: false });
    return {
      get: (key) => cache.get(key),
      put: (key, value) => cache.set(key, value),
      close: () => cache.close(),
    };
  },
  'lru-cache, objects': () => {
    const cache = new LRUCache({ max: ENTRIES });
    return {
      get: (key) => cache.get(key),
      // What is cached must not change with what the caller does later, as with the others.
      put: (key, value) => cache.set(key, structuredClone(value)),
      close: () => cache.clear(),
    };
  },
  'lru-cache, msgpackr': () => {
    const cache = new LRUCache({ maxSize: BUDGET, sizeCalculation: (bytes) => bytes.length });
    return {
      get: (key) => packr.unpack(cache.get(key)),
      put: (key, value) => cache.set(key, Buffer.from(packr.pack(value))),
      close: () => cache.clear(),
    };
  },
  'Map, msgpackr': () => {
    const cache = new Map();
    return {
      get: (key) => packr.unpack(cache.get(key)),
      put: (key, value) => cache.set(key, Buffer.from(packr.pack(value))),
      close: () => cache.clear(),
    };
  },
};

const { records, source } = sampleRecords();
const keys = Array.from({ length: ENTRIES }, (_, i) => `/archive/2026/photo-${i}.jpg`);
// A fixed stride that shares no factor with the number of entries visits all, out of order.
const order = keys.map((_, i) => keys[(i * 7919) % ENTRIES]);

const results = Object.fromEntries(
  Object.keys(contenders).map((name) => [name, { put: [], get: [] }]),
);
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, open] of Object.entries(contenders)) {
    gc();
    const cache = open();
    results[name].put.push(
      nsPerOperation(() => {
        for (let i = 0; i < ENTRIES; i++) cache.put(keys[i], records[i % records.length]);
      }),
    );
    let found = 0;
    results[name].get.push(
      nsPerOperation(() => {
        for (const key of order) if (cache.get(key) !== undefined) found++;
      }),
    );
    if (found !== ENTRIES) throw new Error(`${name} lost ${ENTRIES - found} entries.`);
    cache.close();
  }
}

function nsPerOperation(work) {
  const started = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - started) / ENTRIES;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

function cell(numbers) {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return `${median(numbers).toFixed(0)} (${least.toFixed(0)} to ${most.toFixed(0)})`;
}

console.log(`\n${ENTRIES} entries of ${source}, ${ROUNDS} rounds, median (least to most)`);
console.log(`${cpus()[0].model}, ${type()} ${release()}, Node ${process.versions.node}\n`);
console.log('| cache | put, ns | get, ns |');
console.log('|---|---|---|');
for (const [name, { put, get }] of Object.entries(results)) {
  console.log(`| ${name} | ${cell(put)} | ${cell(get)} |`);
}
