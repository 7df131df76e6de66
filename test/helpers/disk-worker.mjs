// A worker that opens, uses, clears and closes caches with a disk tier until it is terminated, exits by
// itself, or is done.

import { parentPort, workerData } from 'node:worker_threads';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const { packageUrl, folder, operations, end, seed } = workerData;
const { AdvancedMetadataCache, ArenaCache } = await import(packageUrl);
const random = seededRandom(seed);
const note = (_, message) => parentPort.postMessage(message);
const logger = { debug() {}, info: note, warn: note, error: note };

let values;
let records;

function open() {
  values = new ArenaCache({
    maxBytes: 1 << 20,
    disk: { dir: `${folder}/values`, maxBytes: 4 << 20 },
  });
  values.on('disk', ({ message }) => parentPort.postMessage(message));
  records = new AdvancedMetadataCache({
    cacheDir: `${folder}/records`,
    maxDiskSizeMb: 4,
    maxMemoryMb: 1,
    validate: 'none',
    logger,
  });
}

function check(key, found) {
  if (versionOf(key, found) < 0) parentPort.postMessage(`${key} has what nobody put`);
}

open();
for (let i = 0; i < operations; i++) {
  const key = `/key ${random(500)}`;
  const version = 1 + random(1000);
  const kind = random(1000);
  if (kind < 200) values.set(key, metadataOf(key, version));
  else if (kind < 400) records.put(key, metadataOf(key, version));
  else if (kind < 550) check(key, values.get(key));
  else if (kind < 700) check(key, records.get(key));
  else if (kind < 780) check(key, await values.fetch(key, async () => metadataOf(key, version)));
  else if (kind < 860) check(key, await records.fetch(key, async () => metadataOf(key, version)));
  else if (kind < 900) values.delete(key);
  else if (kind < 940) records.invalidateFile(key);
  else if (kind < 960) void values.flush();
  else if (kind < 970) await records.flush();
  else if (kind < 980) {
    for (const each of values.keys()) if (random(20) === 0 || each === '') break;
  } else if (kind < 985) values.clear();
  else if (kind < 990) records.clearAll();
  else if (kind < 996) {
    values.close();
    records.shutdown();
    open();
  } else await new Promise((resolve) => setImmediate(resolve));
}
if (end === 'close') {
  values.close();
  records.shutdown();
}
if (end === 'exit') process.exit();
