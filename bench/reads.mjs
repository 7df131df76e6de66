// What a read costs that does not make the whole value: a hot value, some of the fields, JSON. Each is beside
// what a user would have done otherwise, in the same run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { FORMS, filledCaches, linesOf, writeSyntheticRecords } from './codec-load.mjs';
import { keyOf } from './records.mjs';
import { median, roundsOf, spread } from './statistics.mjs';

/** Records with about as many fields as a photo has. */
const [MIN_FIELDS, MAX_FIELDS] = [95, 125];
const FIELDS = 5;

export async function reads({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  try {
    const file = join(folder, 'records.ndjson');
    writeSyntheticRecords(file, quick ? 2_000 : 20_000);
    const records = linesOf(file).map((line) => JSON.parse(line));
    return await measure(records, quick ? 3 : 9);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(records, rounds) {
  const json = await jsonTimes(records.slice(0, 5_000), rounds);
  const fields = await fieldTimes(records, rounds);
  const hot = {};
  for (const count of [100, 1_000, Math.min(20_000, records.length)]) {
    hot[count] = await hotTimes(records.slice(0, count), rounds);
  }
  return {
    title: 'Reads that do not make the whole value',
    about:
      'Medians of rounds over all records, in microseconds. Hot values are read in random order, beside ' +
      `objects that an lru-cache holds. ${FIELDS} fields are read of records with ${MIN_FIELDS} to ${MAX_FIELDS}. ` +
      'JSON is that of `getJson`, beside `JSON.stringify` of what `get` returns, and of the objects of an ' +
      'lru-cache.',
    tables: [
      {
        columns: ['a hot value of', 'lru-cache, us', 'hotValues, us', 'hotValues / lru-cache'],
        rows: Object.entries(hot).map(([count, times]) => [
          count,
          spread(times['lru-cache'], 3),
          spread(times.hot, 3),
          (median(times.hot) / median(times['lru-cache'])).toFixed(2),
        ]),
      },
      {
        columns: ['', 'all fields, us', `${FIELDS} fields, us`, `${FIELDS} / all`],
        rows: FORMS.map((form) => [
          form,
          spread(fields[form], 1),
          spread(fields[`${form} fields`], 1),
          (median(fields[`${form} fields`]) / median(fields[form])).toFixed(2),
        ]),
      },
      {
        columns: [
          'JSON of a record',
          'lru-cache, JSON.stringify, us',
          'get, JSON.stringify, us',
          'getJson, us',
          'getJson / lru-cache',
        ],
        rows: FORMS.map((form) => [
          form,
          spread(json['lru-cache'], 1),
          spread(json[`${form} stringify`], 1),
          spread(json[form], 1),
          (median(json[form]) / median(json['lru-cache'])).toFixed(2),
        ]),
      },
    ],
    measured: { hot, fields, json },
  };
}

async function hotTimes(records, rounds) {
  const keys = records.map((_, i) => keyOf(i));
  const objects = lruCacheOf(records, keys);
  const caches = await filledCaches(records, keys, { hotValues: records.length });
  const order = shuffled(keys);
  // A round reads every value several times where they are few.
  const reads = Math.ceil(20_000 / keys.length) * keys.length;
  const sides = {
    'lru-cache': (i) => objects.get(order[i % order.length]),
    hot: (i) => caches.compact.get(order[i % order.length]),
  };
  const times = roundsOf(sides, reads, rounds);
  for (const form of FORMS) caches[form].close();
  return times;
}

async function fieldTimes(records, rounds) {
  const like = records.filter((record) => {
    const { length } = Object.keys(record);
    return length >= MIN_FIELDS && length <= MAX_FIELDS;
  });
  const chosen = (like.length > 0 ? like : records).slice(0, 3_000);
  const keys = chosen.map((_, i) => keyOf(i));
  const names = Object.keys(chosen[0]);
  const fields = Array.from(
    { length: FIELDS },
    (_, i) => names[i * Math.floor(names.length / FIELDS)],
  );
  const caches = await filledCaches(chosen, keys);
  const sides = {};
  for (const form of FORMS) {
    sides[form] = (i) => caches[form].get(keys[i]);
    sides[`${form} fields`] = (i) => caches[form].get(keys[i], { fields });
  }
  const times = roundsOf(sides, chosen.length, rounds);
  for (const form of FORMS) caches[form].close();
  return times;
}

async function jsonTimes(records, rounds) {
  const keys = records.map((_, i) => keyOf(i));
  const objects = lruCacheOf(records, keys);
  const caches = await filledCaches(records, keys);
  const sides = { 'lru-cache': (i) => JSON.stringify(objects.get(keys[i])) };
  for (const form of FORMS) {
    sides[`${form} stringify`] = (i) => JSON.stringify(caches[form].get(keys[i]));
    sides[form] = (i) => caches[form].getJson(keys[i]);
  }
  const times = roundsOf(sides, records.length, rounds);
  for (const form of FORMS) caches[form].close();
  return times;
}

function lruCacheOf(records, keys) {
  const objects = new LRUCache({ max: records.length });
  records.forEach((record, i) => void objects.set(keys[i], record));
  return objects;
}

/** Shuffles by a fixed seed. */
function shuffled(items) {
  const order = [...items];
  let state = 1;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
