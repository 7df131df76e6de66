// What a get and a set cost beside a Map of msgpack Buffers, which neither bounds itself nor leaves
// the heap's bookkeeping: in turns of few entries, as medians and as ratios.

import { ArenaCache } from 'ebbcache';
import { Packr } from 'msgpackr';
import { inChild } from './child.mjs';
import { metadataRecords, tinyRecord } from './records.mjs';
import { median } from './statistics.mjs';

const WARMUP = 3;
const BATCH = 50;
/** Shares no factor with the number of entries: visits all, out of order. */
const STRIDE = 7919;
const BUDGET = 1024 * 1024 * 1024;

export async function hotPath({ quick }) {
  const entries = quick ? 1_000 : 10_000;
  const rounds = quick ? 4 : 15;
  const measured = {};
  for (const name of Object.keys(workloads(entries))) {
    measured[name] = await measure({ name, entries, rounds });
  }
  return {
    title: 'Beside a Map of Buffers',
    about:
      `${entries} keys of 40 characters, in turns of ${BATCH}: medians of ${rounds} rounds, in ` +
      'nanoseconds an entry. The Map holds what msgpackr packs and bounds nothing; `batch` is ' +
      '`getMany` and `setMany`. Ratios are medians over turns, of what one turn measured.',
    tables: [
      {
        columns: [
          'records',
          'bytes',
          'operation',
          'Map of Buffers',
          'ebbcache',
          'to the Map',
          'batch',
          'to one by one',
        ],
        rows: Object.entries(measured).flatMap(([name, { bytes, ...operations }]) =>
          Object.entries(operations).map(([operation, { ns, ratio, batchRatio }]) => [
            name,
            bytes,
            operation,
            ns.map.toFixed(0),
            ns.ebbcache.toFixed(0),
            `${ratio.toFixed(2)} x`,
            ns.batch.toFixed(0),
            `${batchRatio.toFixed(2)} x`,
          ]),
        ),
      },
    ],
    measured,
  };
}

/** As wide and as large as the metadata of a photograph. */
function madeRecord(i) {
  const field = (k) => {
    if (k % 3 === 0) return i * k + (k % 2) / 8;
    return k % 7 === 0 ? `2026:01:${10 + (k % 20)} 12:${10 + (i % 50)}:00` : `value ${i} of ${k}`;
  };
  return Object.fromEntries(
    Array.from({ length: 110 }, (_, k) => [
      `${k % 4 ? 'EXIF' : 'Composite'}:Property${k}`,
      field(k),
    ]),
  );
}

function workloads(entries) {
  const { records, source } = metadataRecords();
  return {
    'small records': Array.from({ length: entries }, (_, i) => tinyRecord(i)),
    'wide records': Array.from({ length: 100 }, (_, i) => madeRecord(i)),
    [source]: records,
  };
}

// Each step takes the keys or pairs of one turn, and is its own function: a loop that both sides
// share would be compiled for neither.
function comparison(records, entries) {
  const keys = Array.from({ length: entries }, (_, i) =>
    `/archive/2026/holiday/photograph-${i}.jpg`.padEnd(40, 'x'),
  );
  const packr = new Packr({ useRecords: false, moreTypes: true });
  const map = new Map();
  const cache = new ArenaCache({ maxBytes: BUDGET });
  const pairs = keys.map((key, i) => [key, records[i % records.length]]);
  const order = keys.map((_, i) => keys[(i * STRIDE) % entries]);
  const steps = {
    set: {
      map: (pairs) => {
        for (const [key, value] of pairs) map.set(key, Buffer.from(packr.pack(value)));
      },
      ebbcache: (pairs) => {
        for (const [key, value] of pairs) cache.set(key, value);
      },
      batch: (pairs) => {
        cache.setMany(pairs);
      },
    },
    get: {
      map: (keys) => {
        let found = 0;
        for (const key of keys) if (packr.unpack(map.get(key)) !== undefined) found++;
        return found;
      },
      ebbcache: (keys) => {
        let found = 0;
        for (const key of keys) if (cache.get(key) !== undefined) found++;
        return found;
      },
      batch: (keys) => {
        let found = 0;
        for (const value of cache.getMany(keys)) if (value !== undefined) found++;
        return found;
      },
    },
  };
  const meanBytes = pairs.reduce((sum, [, value]) => sum + packr.pack(value).length, 0) / entries;
  return { steps, meanBytes, inputs: { set: pairs, get: order }, close: () => cache.close() };
}

const measure = inChild(import.meta.url, async ({ name, entries, rounds }) => {
  const { steps, meanBytes, inputs, close } = comparison(workloads(entries)[name], entries);
  const result = { bytes: Math.round(meanBytes) };
  for (const [operation, sides] of Object.entries(steps)) {
    const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
    const names = Object.keys(sides);
    for (let round = -WARMUP; round < rounds; round++) {
      gc();
      for (let from = 0; from < entries; from += BATCH) {
        const input = inputs[operation].slice(from, from + BATCH);
        // Who goes first changes: the first one finds the records out of the caches of the processor.
        names.push(names.shift());
        for (const side of names) {
          const ns = nsPerEntry(sides[side], input);
          if (round >= 0) times[side].push(ns);
        }
      }
    }
    result[operation] = summary(times);
  }
  close();
  return result;
});

function nsPerEntry(step, input) {
  const started = process.hrtime.bigint();
  const found = step(input);
  const ns = Number(process.hrtime.bigint() - started) / input.length;
  if (found !== undefined && found !== input.length) throw new Error('Entries were lost.');
  return ns;
}

/** Ratios are of what one turn measured: what slows the machine down for longer is in both. */
function summary(times) {
  const ratio = (side, base) => median(times[side].map((time, i) => time / times[base][i]));
  return {
    ns: Object.fromEntries(Object.entries(times).map(([side, all]) => [side, median(all)])),
    ratio: ratio('ebbcache', 'map'),
    batchRatio: ratio('batch', 'ebbcache'),
  };
}
