// Hit ratios of the disk tier alone on traces of requests, beside exact LRU's, in files with as many bytes as
// the cache and in files a tenth larger. LRU counts bytes of values only.
//
//   EBBCACHE_DATA=folder node bench/disk-traces.mjs [TRACE ...]     after npm run build
//
// folder/traces has the traces, `key size` a line, and hit-ratios.csv, the table of LRU's ratios.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../dist/native/addon.js';
import { Outcome } from '../dist/native/outcomes.js';
import { withFolder } from './disk/records.mjs';
import { tableText } from './report.mjs';
import { readTrace } from './traces/read-trace.mjs';
import { REFERENCE_OF, referencesIn } from './traces/references.mjs';

const SHARES = [0.02, 0.1];
const ROOM = [1, 1.1];
const MIN_MEMORY = 64 * 1024;
const MIN_RING = 1024 ** 2;
/** The writer is waited for after this many bytes: fewer than wait at most before puts are dropped. */
const UNSETTLED = 512 * 1024;

const folder = join(process.env.EBBCACHE_DATA ?? '.', 'traces');
const referenceOf = referencesIn(folder);

/** Returns the share of requests that were hits, 0 to 1. */
function replay(trace, dir, maxBytes) {
  const store = new native.Store({
    maxBytes: MIN_MEMORY,
    policy: 'lru',
    maxEntries: 0,
    ttl: 0,
    name: '',
    ebb: false,
    minBytes: 0,
    disk: { dir, maxBytes, coherent: true, kind: 'values' },
  });
  const buffer = Buffer.alloc(Math.max(1024 * 1024, trace.largest));
  native.setReadBuffer(buffer);
  native.setWriteBuffer(buffer);
  let [hits, unsettled] = [0, 0];
  trace.requests.forEach((key, i) => {
    if (native.get(store.id, trace.keys[key]) !== Outcome.miss) {
      hits++;
      return;
    }
    native.set(store.id, trace.keys[key], trace.sizes[i]);
    unsettled += trace.sizes[i];
    if (unsettled < UNSETTLED) return;
    unsettled = 0;
    if (!store.settleDisk(60_000)) throw new Error('The writer of the disk tier does not end.');
  });
  const { drops } = store.diskStats();
  store.close();
  return { ratio: hits / trace.requests.length, drops };
}

const percent = (ratio) => (100 * ratio).toFixed(2);
const columns = ['trace', 'share', 'bytes a value', 'exact LRU %'];
for (const room of ROOM) columns.push(`ring %, files ${room} x`, 'difference');
columns.push('puts dropped');
const names = process.argv.slice(2);
const rows = [];
const differences = ROOM.map(() => []);
for (const file of readdirSync(folder)) {
  if (!file.endsWith('.gz') || (names.length > 0 && !names.some((name) => file.startsWith(name)))) {
    continue;
  }
  const trace = await readTrace(join(folder, file));
  for (const share of SHARES) {
    const cacheBytes = Math.floor(share * trace.workingSetBytes);
    const lru = referenceOf(trace.name, cacheBytes, REFERENCE_OF.lru);
    if (cacheBytes < MIN_RING || lru === undefined) {
      console.error(`${trace.name} at ${share} is left out: below 1 MiB, or without a reference.`);
      continue;
    }
    const mean = trace.sizes.reduce((sum, size) => sum + size, 0) / trace.sizes.length;
    const row = [trace.name, share, Math.round(mean), percent(lru)];
    let dropped = 0;
    for (const [i, room] of ROOM.entries()) {
      const { ratio, drops } = await withFolder((dir) =>
        replay(trace, dir, Math.floor(room * cacheBytes)),
      );
      differences[i].push(ratio - lru);
      row.push(percent(ratio), percent(ratio - lru));
      dropped += drops;
    }
    rows.push([...row, dropped]);
  }
}
console.log(tableText({ columns, rows }));
for (const [i, room] of ROOM.entries()) {
  const mean = differences[i].reduce((sum, each) => sum + each, 0) / differences[i].length;
  console.log(`Less exact LRU, files of ${room} x: mean ${percent(mean)} points.`);
}
