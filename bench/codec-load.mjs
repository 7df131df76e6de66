// What the benchmarks of the codec and of reads have in common: records, and caches that are full of them
// once their dictionaries are trained.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ArenaCache } from '../dist/index.js';
import { metadataRecords } from './records.mjs';

const MIB = 1024 * 1024;
export const FORMS = ['compact', 'msgpack'];

/** Writes records like those of the folder with data, varied; made up where there is no such folder. */
export function writeSyntheticRecords(file, count) {
  const folder = process.env.EBBCACHE_DATA;
  const generator = folder && join(folder, 'tools', 'gen-synthetic.mjs');
  if (generator && existsSync(generator)) {
    const corpus = join(folder, 'corpus', 'real.ndjson');
    execFileSync(process.execPath, [generator, corpus, file, `${count}`, '42'], {
      stdio: 'ignore',
    });
    return;
  }
  const { records } = metadataRecords();
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({ ...records[i % records.length], i }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}

export function linesOf(file) {
  return readFileSync(file, 'utf8').trim().split('\n');
}

/** Waits until no dictionary is trained any more. */
export async function settle(cache) {
  for (let before = -1; before !== cache.stats().dictionaryTrainings; ) {
    before = cache.stats().dictionaryTrainings;
    await setTimeout(500);
  }
}

/** Returns a cache of each form with all records, after the compact one has its dictionaries. */
export async function filledCaches(records, keys, options = {}) {
  const caches = {};
  for (const form of FORMS) {
    caches[form] = new ArenaCache({ maxBytes: 128 * MIB, codec: form, ebb: false, ...options });
    for (let round = 0; round < 3; round++) {
      records.forEach((record, i) => void caches[form].set(keys[i], record));
      if (form === 'compact') await settle(caches[form]);
    }
  }
  return caches;
}
