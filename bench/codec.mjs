// What values take and cost by the compact codec, beside plain msgpack, in the same run.

import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Packr } from 'msgpackr';
import { ArenaCache } from '../dist/index.js';
import { inChild } from './child.mjs';
import { FORMS, filledCaches, linesOf, settle, writeSyntheticRecords } from './codec-load.mjs';
import { keyOf, metadataRecords, tinyRecord } from './records.mjs';
import { median, roundsOf, spread } from './statistics.mjs';

const MIB = 1024 * 1024;
/** With fewer records the store is not full. */
const MANY = 20_000;

export async function codec({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  try {
    const file = join(folder, 'records.ndjson');
    writeSyntheticRecords(file, quick ? 2_000 : MANY);
    return await measureAll(file, quick);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(file, quick) {
  const many = linesOf(file).map((line) => JSON.parse(line));
  const { records: real } = metadataRecords();
  const tiny = Array.from({ length: quick ? 5_000 : 50_000 }, (_, i) => tinyRecord(i));
  const loads = {
    'many records of images, a full store': (form) => fullStore(form, many, quick ? 2 : 16),
    'the half of some records that was not trained on': (form) => heldOut(form, real),
    'records of 200 bytes of one shape, a full store': (form) =>
      fullStore(form, tiny, quick ? 2 : 8),
  };
  const sizes = {};
  for (const [load, measure] of Object.entries(loads)) {
    sizes[load] = {};
    for (const form of FORMS) sizes[load][form] = await measure(form);
  }
  const times = await timesOf(many.slice(0, 5_000), quick ? 3 : 9);
  const rssMib = quick ? 150 : 300;
  const inMemory = {};
  for (const side of [...FORMS, 'lru-cache']) {
    inMemory[side] = await entriesInProcess({ side, file, rssMib });
  }
  const disk = {};
  for (const form of FORMS) disk[form] = await recordsOnDisk(form, many, quick ? 4 : 64);
  return {
    title: 'The compact codec',
    about:
      'What `codec: compact`, the default, takes and costs beside plain msgpack. Bytes are those of ' +
      'the store or the file for each byte of JSON; a full store counts all its memory, dictionaries ' +
      'included. Times are medians of rounds over 5000 records, in microseconds and beside a Map of ' +
      'what msgpackr packs; both sides make a new object for each get, and a copy for each put.',
    tables: [
      {
        columns: ['bytes for each byte of JSON', ...FORMS],
        rows: Object.entries(sizes).map(([load, each]) => [
          load,
          ...FORMS.map((form) => each[form].toFixed(3)),
        ]),
      },
      {
        columns: ['', 'Map, msgpackr, us', ...FORMS.map((form) => `${form}, us`), 'compact / Map'],
        rows: ['get', 'put'].map((name) => [
          name,
          spread(times[name].map, 1),
          ...FORMS.map((form) => spread(times[name][form], 1)),
          (median(times[name].compact) / median(times[name].map)).toFixed(2),
        ]),
      },
      {
        columns: ['', ...FORMS, 'lru-cache, objects'],
        rows: [
          [
            `records in a process of ${rssMib} MiB`,
            ...[...FORMS, 'lru-cache'].map((side) => `${inMemory[side]}`),
          ],
          [
            `records in a disk tier of ${quick ? 4 : 64} MiB`,
            ...FORMS.map((form) => `${disk[form]}`),
            '',
          ],
        ],
      },
    ],
    measured: { sizes, times, inMemory, disk },
  };
}

/** Yields the lines again and again, and holds few of them in memory. */
function* endlessLines(file) {
  const chunk = Buffer.alloc(256 * 1024);
  for (;;) {
    const descriptor = openSync(file);
    let rest = '';
    for (let bytes = 1; bytes > 0; ) {
      bytes = readSync(descriptor, chunk);
      const lines = (rest + chunk.toString('latin1', 0, bytes)).split('\n');
      rest = lines.pop();
      yield* lines;
    }
    closeSync(descriptor);
  }
}

/** Puts records under keys of their own until the process has so much resident memory. */
const entriesInProcess = inChild(import.meta.url, async ({ side, file, rssMib }) => {
  const cache =
    side === 'lru-cache'
      ? new LRUCache({ max: 10_000_000 })
      : new ArenaCache({ maxBytes: 1024 * MIB, codec: side, ebb: false });
  let entries = 0;
  for (const line of endlessLines(file)) {
    cache.set(keyOf(entries++), JSON.parse(line));
    if (entries % 500 !== 0) continue;
    if (process.memoryUsage.rss() > rssMib * MIB) {
      // What is garbage does not count.
      gc();
      if (process.memoryUsage.rss() > rssMib * MIB) break;
    }
    await setTimeout(0);
  }
  return entries;
});

const jsonBytes = (record) => Buffer.byteLength(JSON.stringify(record));

/** Fills a store twice, and returns the memory that it holds for each byte of JSON in it. */
async function fullStore(form, records, mib) {
  const cache = new ArenaCache({ maxBytes: mib * MIB, codec: form, ebb: false });
  for (let round = 0; round < 2; round++) {
    records.forEach((record, i) => void cache.set(keyOf(i), record));
    if (form === 'compact') await settle(cache);
  }
  let bytes = 0;
  records.forEach((record, i) => {
    if (cache.has(keyOf(i))) bytes += jsonBytes(record);
  });
  const { heldBytes } = cache.stats();
  cache.close();
  return heldBytes / bytes;
}

/** Trains on one half, and returns the payload of the other one for each byte of JSON. */
async function heldOut(form, records) {
  const cache = new ArenaCache({ maxBytes: 64 * MIB, codec: form, ebb: false });
  const half = records.length >> 1;
  records.slice(0, half).forEach((record, i) => void cache.set(keyOf(i), record));
  if (form === 'compact') await settle(cache);
  const before = cache.stats().payloadBytes;
  let bytes = 0;
  records.slice(half).forEach((record, i) => {
    cache.set(keyOf(half + i), record);
    bytes += jsonBytes(record);
  });
  const { payloadBytes } = cache.stats();
  cache.close();
  return (payloadBytes - before) / bytes;
}

async function timesOf(records, rounds) {
  const packr = new Packr({ useRecords: false, moreTypes: true });
  const keys = records.map((_, i) => keyOf(i));
  const packed = new Map();
  const caches = await filledCaches(records, keys);
  const put = { map: (i) => packed.set(keys[i], Buffer.from(packr.pack(records[i]))) };
  const get = { map: (i) => packr.unpack(packed.get(keys[i])) };
  for (const form of FORMS) {
    put[form] = (i) => caches[form].set(keys[i], records[i]);
    get[form] = (i) => caches[form].get(keys[i]);
  }
  const times = { put: roundsOf(put, records.length, rounds) };
  times.get = roundsOf(get, records.length, rounds);
  for (const form of FORMS) caches[form].close();
  return times;
}

/** Returns how many of the records a disk tier of this size has room for. */
async function recordsOnDisk(form, records, mib) {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  const disk = { dir: join(folder, 'cache'), maxBytes: mib * MIB };
  const cache = new ArenaCache({ maxBytes: 2 * MIB, codec: form, ebb: false, disk });
  try {
    // Each pass has keys of its own, so that the file is full at the end.
    const passes = Math.ceil((8 * mib * MIB) / (records.length * 5000)) + 1;
    for (let pass = 0; pass < passes; pass++) {
      for (const [i, record] of records.entries()) {
        cache.set(`${pass} ${keyOf(i)}`, record);
        // The queue drops what the writer has no time for.
        if (i % 500 === 0) await cache.flush();
      }
    }
    await cache.flush();
    return cache.stats().disk.entries;
  } finally {
    cache.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
