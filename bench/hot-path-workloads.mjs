// The keys and records that bench/hot-path.mjs stores.

import { metadataRecords, tinyRecord } from './records.mjs';

/** The stride shares no factor with the number of entries, so that it visits all entries, out of order. */
const STRIDE = 7919;

/** Returns lists of records by name; the entries take the records of one list in turn. */
export function workloads(entries) {
  const { records, source } = metadataRecords();
  return {
    'small records': Array.from({ length: entries }, (_, i) => tinyRecord(i)),
    'wide records': Array.from({ length: 100 }, (_, i) => madeRecord(i)),
    [source]: records,
  };
}

/** Returns keys of 40 characters. */
export function keysOf(entries) {
  return Array.from({ length: entries }, (_, i) =>
    `/archive/2026/holiday/photograph-${i}.jpg`.padEnd(40, 'x'),
  );
}

/** Returns all keys, out of order. */
export function shuffled(keys) {
  return keys.map((_, i) => keys[(i * STRIDE) % keys.length]);
}

/** Returns a record that is as wide and as large as the metadata of a photograph. */
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
