// The records that the benchmarks cache.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

function made(i, properties) {
  return Object.fromEntries(
    Array.from({ length: properties }, (_, k) => [
      `EXIF:Property${k}`,
      k % 3 ? `value ${i} of ${k}` : i * k,
    ]),
  );
}

/** Returns metadata of some 5 kB: of real images where EBBCACHE_DATA has it, else made up. */
export function metadataRecords() {
  const folder = process.env.EBBCACHE_DATA;
  if (folder === undefined) {
    return {
      records: Array.from({ length: 80 }, (_, i) => made(i, 150)),
      source: 'made-up metadata',
    };
  }
  const lines = readFileSync(join(folder, 'corpus', 'real.ndjson'), 'utf8')
    .trim()
    .split('\n');
  return { records: lines.map((line) => JSON.parse(line)), source: 'metadata of real images' };
}

// The texts come from a template, as making each from nothing would take longer than caching it.
const PLACE = 1_234_567;
const smallTemplate = JSON.stringify(made(PLACE, 20));

/**
 * Returns the text of a record of some 600 bytes. It is parsed anew for each put, so that entries
 * share no part of it.
 */
export function smallRecordText(i) {
  return smallTemplate.replaceAll(`${PLACE} `, `${i} `);
}

/** Returns a record of about 200 bytes of msgpack. */
export function tinyRecord(i) {
  return {
    name: `IMG_${10_000 + i}.jpg`,
    folder: `archive/2026/${10 + (i % 90)}/weekend`,
    size: 1_000_000 + i * 37,
    modified: `2026-01-02T03:04:${10 + (i % 50)}.000Z`,
    width: 4032,
    height: 3024,
    camera: 'Canon EOS R5 with a long lens',
    exposure: 0.004 + i / 1e7,
  };
}

export function keyOf(i) {
  return `/archive/2026/photo-${i}.jpg`;
}
