// Runs one cache of a chaos run: it executes random calls with its own keys, and checks what it reads.
//
// Each key has one writer. It never reads anything older than what it has put or read before, nor what it has
// invalidated; others read whole records, or none.

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from './seeded-random.mjs';

const { package: packageUrl, redis: redisUrl, url, seed, name, names } = workerData;
const { AdvancedMetadataCache } = await import(packageUrl);
const { redisTier } = await import(redisUrl);

const KEYS = 40;
const LOOPS = 4;
/** A call that takes longer is taken to hang. */
const HANG_MS = 30_000;
const ABSENT = new Error('It is not there.');
const random = seededRandom(seed);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const counts = {
  puts: 0,
  fetches: 0,
  remoteHits: 0,
  gets: 0,
  invalidations: 0,
  clears: 0,
  opens: 0,
};

let version = 0;
let generation = 0;
let isOver = false;
/** The loops wait for the gate; `underWay` counts the steps in flight. */
let gate;
let underWay = 0;
let tier;
let cache;
/** The oldest version that may be read, by path. */
let floors = new Map();

function open() {
  counts.opens++;
  tier = redisTier({ url, timeoutMs: 100, retryAfterMs: 300, maxPendingBytes: 1024 * 1024 });
  // The cache is small, so that much is read from the remote tier.
  const small = { maxMemoryMb: 4, maxMemoryEntries: 10, maxDiskSizeMb: 0 };
  cache = new AdvancedMetadataCache({ ...small, validate: 'none', remote: tier, logger: silent });
}

const pathOf = (writer, at, key) => `/chaos/${writer}/${at}/${key}`;
const ownPath = () => pathOf(name, generation, random(KEYS));
const violation = (text) => parentPort.postMessage({ violation: `${name}: ${text}` });

function record(path) {
  const bytes = random(20) === 0 ? random(200_000) : random(4000);
  return { path, version: ++version, filler: 'x'.repeat(bytes), bytes };
}

function check(path, found, floor) {
  if (found.path !== path || found.filler?.length !== found.bytes) {
    violation(`a wrong record for ${path}: ${JSON.stringify(found).slice(0, 200)}`);
  } else if (found.version < floor) {
    violation(`version ${found.version} of ${path}, where ${floor} is the oldest that may be read`);
  }
}

/** Makes the version that was read or put the oldest that may be read from now on. */
function raise(path, at) {
  floors.set(path, Math.max(at, floors.get(path) ?? 0));
}

function put() {
  counts.puts++;
  const path = ownPath();
  const metadata = record(path);
  if (cache.put(path, metadata)) raise(path, metadata.version);
}

function get() {
  counts.gets++;
  const path = ownPath();
  const found = cache.get(path);
  if (found !== undefined) check(path, found, floors.get(path) ?? 0);
}

async function fetchOwn() {
  counts.fetches++;
  const path = ownPath();
  const floor = floors.get(path) ?? 0;
  const found = await cache.fetch(path, async () => {
    const metadata = record(path);
    await sleep(random(5));
    return metadata;
  });
  check(path, found, floor);
  // A record that another process cleared meanwhile is returned but not stored, so it is no promise of this cache.
  if (cache.get(path)?.version >= found.version) raise(path, found.version);
}

async function fetchForeign() {
  counts.fetches++;
  const path = pathOf(names[random(names.length)], random(generation + 1), random(KEYS));
  if (path.startsWith(`/chaos/${name}/`)) return;
  try {
    const found = await cache.fetch(path, () => {
      throw ABSENT;
    });
    check(path, found, 0);
  } catch (error) {
    if (error !== ABSENT) throw error;
  }
}

function invalidate() {
  counts.invalidations++;
  const path = ownPath();
  cache.invalidateFile(path);
  raise(path, version + 1);
}

function clear() {
  counts.clears++;
  cache.clearAll();
  for (let key = 0; key < KEYS; key++) raise(pathOf(name, generation, key), version + 1);
}

/** The next cache has all records if all were written; records that were not are not required any more. */
async function reopen() {
  const isFlushed = random(2) === 0;
  if (isFlushed) await cache.flush();
  const { dropped, errors } = tier.stats();
  counts.remoteHits += cache.getStats().remoteHits;
  cache.shutdown();
  if (!isFlushed || dropped + errors > 0) {
    generation++;
    floors = new Map();
  }
  open();
}

async function step() {
  const dice = random(1000);
  if (dice < 350) put();
  else if (dice < 600) await fetchOwn();
  else if (dice < 750) await fetchForeign();
  else if (dice < 900) get();
  else if (dice < 999 || random(5) > 0) invalidate();
  else clear();
}

async function guarded(work) {
  let timer;
  const hangs = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('A call hangs.')), HANG_MS);
  });
  try {
    await Promise.race([work(), hangs]);
  } catch (error) {
    violation(error?.stack ?? String(error));
  } finally {
    clearTimeout(timer);
  }
}

async function loop() {
  while (!isOver) {
    if (gate !== undefined) await gate;
    underWay++;
    await guarded(step);
    underWay--;
    await sleep(random(10));
  }
}

/** All loops pause for it, so that the known versions are exactly those of the calls. */
async function reopenAlone() {
  let openGate;
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
  while (underWay > 0) await sleep(1);
  await guarded(reopen);
  gate = undefined;
  openGate();
}

process.on('unhandledRejection', (error) => violation(`unhandled: ${error?.stack ?? error}`));
open();
const loops = Array.from({ length: LOOPS }, loop);
parentPort.on('message', async (message) => {
  if (message === 'reopen' && !isOver && gate === undefined) await reopenAlone();
  if (message === 'stop') {
    isOver = true;
    await gate;
    await Promise.all(loops);
    counts.remoteHits += cache.getStats().remoteHits;
    parentPort.postMessage({ done: { counts, floors: [...floors] } });
  }
  if (message === 'exit') {
    isOver = true;
    await Promise.all(loops);
    cache.shutdown();
    parentPort.close();
  }
});
