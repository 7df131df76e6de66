// The effect of one large value that is in constant use on all other calls: two threads get it and
// one overwrites it all the time. It measures how often the governor samples meanwhile, when memory
// pressure reaches another store, and the maximum duration of single calls, beside that of a loop
// that calls nothing, which shows the delays of a busy machine.
//
//   node bench/hot-values.mjs [turns] [seconds]     after npm run build; default 3 turns of 8 seconds

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { inChild } from './child.mjs';
import { tableText } from './report.mjs';
import { spread } from './statistics.mjs';
import { inTurns, packageIn, versions } from './versions.mjs';

const MIB = 1024 ** 2;
const SIZES = [1, 64];
const INTERVAL_MS = 100;
const SMALL_KEYS = 1000;
const TURN_MS = 10;
/** Longer waits are given up. */
const MAX_MS_TO_FALL = 10_000;

/** Measures one version and size; resolves to numbers by name. */
const measure = inChild(import.meta.url, async ({ root, size, seconds }) => {
  const { ArenaCache, configureGovernor, getGovernorStatus } = await packageIn(root);
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  const machine = fakeMachine(folder);
  machine.use(50);
  const { procRoot, cgroupRoot } = machine;
  const interval = { intervalMs: INTERVAL_MS, longestIntervalMs: INTERVAL_MS };
  configureGovernor({ procRoot, cgroupRoot, earlyWarnings: false, ...interval });

  const store = { name: 'of a hot value', maxBytes: 512 * MIB };
  const hot = new ArenaCache(store);
  const other = new ArenaCache({ maxBytes: 64 * MIB });
  const value = Buffer.alloc(200, 'v');
  const keys = Array.from({ length: SMALL_KEYS }, (_, i) => `small ${i}`);
  for (const key of keys) hot.setBytes(key, value);
  hot.setBytes('hot', Buffer.alloc(size * MIB, 'v'));

  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workers = ['get', 'get', 'set'].map(
    (kind) =>
      new Worker(new URL('./hot-values-thread.mjs', import.meta.url), {
        workerData: { root, store, size: size * MIB, kind, stop },
      }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));

  const calls = {
    'get of a small key': (i) => hot.getBytes(keys[i % SMALL_KEYS]),
    'put of another key': (i) => hot.setBytes(keys[i % SMALL_KEYS], value),
    'put to another store': (i) => other.setBytes(keys[i % SMALL_KEYS], value),
  };
  const begun = performance.now();
  const looksBefore = getGovernorStatus().looks;
  const longest = await longestOf(calls, seconds);
  const looks = getGovernorStatus().looks - looksBefore;

  machine.use(97);
  const msToFall = msUntil(() => other.stats().budgetBytes < 64 * MIB);
  const used = (performance.now() - begun) / 1000;
  Atomics.store(stop, 0, 1);
  const counts = await Promise.all(workers.map((worker) => once(worker, 'message')));
  hot.close();
  other.close();
  rmSync(folder, { recursive: true });
  const [gets, moreGets, sets] = counts.map(([count]) => count / used);
  return {
    [`looks of ${(1000 * seconds) / INTERVAL_MS}`]: [looks],
    'ms until another budget falls': [msToFall],
    ...Object.fromEntries(Object.entries(longest).map(([name, ms]) => [`${name}, ms`, [ms]])),
    'gets of the value a second': [gets + moreGets],
    'puts of the value a second': [sets],
  };
});

/** Makes files like those of Linux, for a machine with 1,000,000 kB. */
function fakeMachine(folder) {
  const procRoot = join(folder, 'proc');
  const cgroupRoot = join(folder, 'cgroup');
  mkdirSync(join(procRoot, 'self'), { recursive: true });
  mkdirSync(cgroupRoot);
  writeFileSync(join(procRoot, 'self/cgroup'), '0::/\n');
  writeFileSync(join(procRoot, 'self/statm'), '200000 12800 900 1 0 5000 0\n');
  const use = (percent) =>
    writeFileSync(
      join(procRoot, 'meminfo'),
      `MemTotal: 1000000 kB\nMemFree: 1000 kB\nMemAvailable: ${10_000 * (100 - percent)} kB\n` +
        'Buffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n',
    );
  return { procRoot, cgroupRoot, use };
}

/**
 * Returns the maximum ms of each call, and as "nothing" the longest time between two readings of
 * the clock. Calls and nothing alternate in short turns of equal length, so that a disturbance
 * affects both.
 */
async function longestOf(calls, seconds) {
  const longest = Object.fromEntries([...Object.keys(calls), 'nothing'].map((name) => [name, 0]));
  const time = (name, call) => {
    const begun = performance.now();
    call();
    longest[name] = Math.max(longest[name], performance.now() - begun);
  };
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; performance.now() < end; ) {
    const begun = performance.now();
    for (; performance.now() - begun < TURN_MS; i++) {
      for (const [name, call] of Object.entries(calls)) time(name, () => call(i));
    }
    const idleUntil = performance.now() + (performance.now() - begun);
    for (let at = performance.now(), before = at; at < idleUntil; before = at) {
      at = performance.now();
      longest.nothing = Math.max(longest.nothing, at - before);
    }
    await nextTurn();
  }
  return longest;
}

function msUntil(condition) {
  const begun = performance.now();
  const idle = new Int32Array(new SharedArrayBuffer(4));
  while (!condition() && performance.now() - begun < MAX_MS_TO_FALL) Atomics.wait(idle, 0, 0, 1);
  return performance.now() - begun;
}

if (isMainThread && process.send === undefined) {
  const turns = Number(process.argv[2] ?? 3);
  const seconds = Number(process.argv[3] ?? 8);
  const names = Object.keys(versions);
  const rows = [];
  for (const size of SIZES) {
    const found = await inTurns(turns, (root) => measure({ root, size, seconds }));
    for (const name of Object.keys(found.now)) {
      rows.push([`${size} MiB: ${name}`, ...names.map((each) => spread(found[each][name], 1))]);
    }
  }
  console.log(tableText({ columns: [`${turns} turns of ${seconds} s`, ...names], rows }));
}
