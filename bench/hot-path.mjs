// Measures what a get and a set cost beside a Map of msgpack Buffers, which is neither bounded nor outside
// the heap's bookkeeping, and beside the version before where EBBCACHE_BEFORE names it. The sides alternate
// after few entries; medians and ratios are reported.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Packr } from 'msgpackr';
import { inChild } from './child.mjs';
import { keysOf, shuffled, workloads } from './hot-path-workloads.mjs';
import { median } from './statistics.mjs';
import { versions } from './versions.mjs';

const WARMUP = 3;
const BATCH = 50;

export async function hotPath({ quick }) {
  const entries = quick ? 1_000 : 10_000;
  const rounds = quick ? 4 : 15;
  const measured = {};
  for (const name of Object.keys(workloads(entries))) {
    measured[name] = await measure({ name, entries, rounds });
  }
  const columns = columnsOf(measured);
  return {
    title: 'Beside a Map of Buffers',
    about:
      `${entries} keys of 40 characters, in turns of ${BATCH}: medians of ${rounds} rounds, in ` +
      'nanoseconds an entry. The Map holds what msgpackr packs and bounds nothing; `batch` is ' +
      '`getMany` and `setMany`. `put` and `get by file` are those of a metadata cache without a disk ' +
      'tier, of files that are there. Ratios are medians over turns, of what one turn measured.',
    tables: [
      {
        columns: ['records', 'bytes', 'operation', ...columns],
        rows: Object.entries(measured).flatMap(([name, { bytes, ...operations }]) =>
          Object.entries(operations).map(([operation, found]) => [
            name,
            bytes,
            operation,
            ...columns.map((title) => COLUMNS[title](found) ?? ''),
          ]),
        ),
      },
    ],
    measured,
  };
}

const nanoseconds = (side) => (found) => found.ns[side]?.toFixed(0);
const ratio = (name) => (found) => found[name] && `${found[name].toFixed(2)} x`;

/** Each function makes the cell of one operation; it is undefined where a side has no such operation. */
const COLUMNS = {
  'Map of Buffers': nanoseconds('map'),
  ebbcache: nanoseconds('now'),
  'to the Map': ratio('mapRatio'),
  batch: nanoseconds('batch'),
  'to one by one': ratio('batchRatio'),
  before: nanoseconds('before'),
  'to before': ratio('beforeRatio'),
};

/** Returns the titles of the columns that have values. */
function columnsOf(measured) {
  const operations = Object.values(measured).flatMap(({ bytes, ...all }) => Object.values(all));
  return Object.keys(COLUMNS).filter((title) =>
    operations.some((found) => COLUMNS[title](found) !== undefined),
  );
}

// Each step is its own function: a loop that both sides share would be optimized for neither.
function mapSteps(packr) {
  const map = new Map();
  return {
    set: (pairs) => {
      for (const [key, value] of pairs) map.set(key, Buffer.from(packr.pack(value)));
    },
    get: (keys) => {
      let found = 0;
      for (const key of keys) if (packr.unpack(map.get(key)) !== undefined) found++;
      return found;
    },
  };
}

async function comparison(records, entries, folder) {
  const keys = keysOf(entries);
  const paths = keys.map((key) => join(folder, 'files', basename(key)));
  mkdirSync(join(folder, 'files'));
  // An empty file could be one of procfs, so each put would check its file system.
  for (const path of paths) writeFileSync(path, 'not empty');
  const packr = new Packr({ useRecords: false, moreTypes: true });
  const pairsOf = (names) => names.map((name, i) => [name, records[i % records.length]]);
  const pairs = pairsOf(keys);
  const order = shuffled(keys);
  const inputs = {
    set: pairs,
    get: order,
    peek: order,
    'put by file': pairsOf(paths),
    'get by file': shuffled(paths),
  };
  const loaded = {};
  for (const [version, root] of Object.entries(versions)) {
    const { stepsOf } = await import(`./hot-path-steps.mjs?${version}`);
    loaded[version] = await stepsOf(root, folder);
  }
  const all = {
    map: mapSteps(packr),
    ...Object.fromEntries(Object.entries(loaded).map(([version, { one }]) => [version, one])),
    batch: loaded.now.batch,
  };
  /** Returns the steps of those sides that have the operation. */
  const sidesOf = (operation) =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([, steps]) => operation in steps)
        .map(([side, steps]) => [side, steps[operation]]),
    );
  const meanBytes = pairs.reduce((sum, [, value]) => sum + packr.pack(value).length, 0) / entries;
  const close = () => {
    for (const each of Object.values(loaded)) each.close();
  };
  return { inputs, sidesOf, meanBytes, close };
}

const measure = inChild(import.meta.url, async ({ name, entries, rounds }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  try {
    const records = workloads(entries)[name];
    const { inputs, sidesOf, meanBytes, close } = await comparison(records, entries, folder);
    const result = { bytes: Math.round(meanBytes) };
    for (const [operation, input] of Object.entries(inputs)) {
      result[operation] = summary(timesOf(sidesOf(operation), input, rounds));
    }
    close();
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Returns for each side the ns per entry in each turn of all rounds. */
function timesOf(sides, input, rounds) {
  const names = Object.keys(sides);
  const times = Object.fromEntries(names.map((side) => [side, []]));
  for (let round = -WARMUP; round < rounds; round++) {
    gc();
    for (let from = 0; from < input.length; from += BATCH) {
      const some = input.slice(from, from + BATCH);
      // The first side changes: the first one finds the records outside of the caches of the processor.
      names.push(names.shift());
      for (const side of names) {
        const ns = nsPerEntry(sides[side], some);
        if (round >= 0) times[side].push(ns);
      }
    }
  }
  return times;
}

function nsPerEntry(step, input) {
  const started = process.hrtime.bigint();
  const found = step(input);
  const ns = Number(process.hrtime.bigint() - started) / input.length;
  if (found !== undefined && found !== input.length) throw new Error('Entries were lost.');
  return ns;
}

/** The ratios are those within one turn, as a longer slowdown of the machine affects both sides. */
function summary(times) {
  const ratioTo = (side, base) =>
    times[side] && times[base] && median(times[side].map((time, i) => time / times[base][i]));
  return {
    ns: Object.fromEntries(Object.entries(times).map(([side, all]) => [side, median(all)])),
    mapRatio: ratioTo('now', 'map'),
    batchRatio: ratioTo('batch', 'now'),
    beforeRatio: ratioTo('now', 'before'),
  };
}
