// What bench/hot-path.mjs stores.

import { metadataRecords, tinyRecord } from './records.mjs';

/** Shares no factor with the number of entries: visits all, out of order. */
const STRIDE = 7919;

/** Records by name; entries take them in turn. */
export function workloads(entries) {
  const { records, source } = metadataRecords();
  return {
    'small records': Array.from({ length: entries }, (_, i) => tinyRecord(i)),
    'wide records': Array.from({ length: 100 }, (_, i) => madeRecord(i)),
    [source]: records,
  };
}

/** Keys of 40 characters. */
export function keysOf(entries) {
  return Array.from({ length: entries }, (_, i) =>
    `/archive/2026/holiday/photograph-${i}.jpg`.padEnd(40, 'x'),
  );
}

/** All of them, out of order. */
export function shuffled(keys) {
  return keys.map((_, i) => keys[(i * STRIDE) % keys.length]);
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
