// Tests caches in threads of several processes, with one Redis server that is killed, stopped, slow, full and
// read-only in turn. EBBCACHE_CHAOS_SECONDS sets the duration, and EBBCACHE_TEST_SEED the faults.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AdvancedMetadataCache, type Metadata } from '../lib/index.js';
import { redisTier } from '../lib/tiers/redis/index.js';
import { faults } from './helpers/chaos-faults.js';
import { RedisServer, whyNoRedis } from './helpers/redis-server.js';
import { packageUrl } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { SlowLink } from './helpers/slow-link.js';
import { testSeed } from './helpers/test-seed.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
if (reason !== undefined)
  console.log(`Skipped, the chaos with a Redis server: there is ${reason}.`);

const SECONDS = Number(process.env.EBBCACHE_CHAOS_SECONDS ?? 15);
const PROCESSES = 2;
const THREADS = 4;
/** Postponed deletions are executed within this time, ms: a hang guard. */
const CALM_MS = 60_000;
/** A process may grow by these bytes from the second quarter of the run to the last, as V8's heaps vary. */
const GROWTH_BYTES = 64 * 1024 * 1024;

interface Done {
  counts: Record<string, number>;
  floors: [string, number][];
}
type Message = { violation?: string; done?: Done; rss?: number; pid?: number };

it.skipIf(reason !== undefined)(
  'a cache returns no stale value, rejects no call, and neither hangs nor leaks, whatever happens to its server',
  async () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const server = await RedisServer.start();
    const link = await SlowLink.start(server.port);
    const violations: string[] = [];
    const done: Done[] = [];
    const rss = new Map<number, number[]>();
    const processes = startProcesses(link.url, seed, (message) => {
      if (message.violation !== undefined) violations.push(message.violation);
      if (message.done !== undefined) done.push(message.done);
      if (message.pid !== undefined) {
        rss.set(message.pid, [...(rss.get(message.pid) ?? []), message.rss ?? 0]);
      }
    });
    const tell = (message: string) => {
      for (const child of processes) child.send(message);
    };
    try {
      const happened: Record<string, number> = {};
      const end = performance.now() + SECONDS * 1000;
      while (performance.now() < end && violations.length === 0) {
        await sleep(500 + random(1500));
        const name = Object.keys(faults)[random(Object.keys(faults).length)] as string;
        happened[name] = (happened[name] ?? 0) + 1;
        if (random(3) === 0) tell('reopen');
        await faults[name]?.(server, link, 100 + random(900));
      }
      tell('stop');
      await until(() => done.length === PROCESSES * THREADS || violations.length > 0);
      expect(violations).toEqual([]);
      await expectNothingOld(link.url, new Map(done.flatMap(({ floors }) => floors)));
      expect(violations).toEqual([]);
      console.log(`Chaos: ${JSON.stringify({ happened, ...sumOf(done), growth: growthOf(rss) })}`);
      for (const bytes of growthOf(rss)) expect(bytes).toBeLessThan(GROWTH_BYTES);
    } finally {
      const exits = processes.map((child) => once(child, 'exit'));
      tell('exit');
      await Promise.all(exits);
      await link.end();
      await server.end();
    }
  },
  SECONDS * 1000 + 3 * CALM_MS,
);

function startProcesses(
  url: string,
  seed: number,
  heard: (message: Message) => void,
): ChildProcess[] {
  const names = Array.from({ length: PROCESSES * THREADS }, (_, i) => `writer${i}`);
  return Array.from({ length: PROCESSES }, (_, i) => {
    const own = names.slice(i * THREADS, (i + 1) * THREADS);
    const redis = new URL('./tiers/redis/index.js', packageUrl).href;
    const options = { package: packageUrl, redis, url, names, own, seed: seed + i };
    const script = new URL('./helpers/chaos-process.mjs', import.meta.url);
    const child = fork(script, [JSON.stringify(options)]);
    child.on('message', (message) => heard(message as Message));
    return child;
  });
}

/** A new cache finds no record that is too old, once all postponed deletions are executed. */
async function expectNothingOld(url: string, floors: Map<string, number>): Promise<void> {
  const absent = new Error('It is not there.');
  let old: string[] = [];
  const begun = performance.now();
  do {
    old = [];
    const remote = redisTier({ url, timeoutMs: 5000 });
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const cache = new AdvancedMetadataCache({ maxDiskSizeMb: 0, validate: 'none', remote, logger });
    for (const [path, floor] of floors) {
      const found: Metadata | undefined = await cache
        .fetch(path, () => Promise.reject(absent))
        .catch((error) => (error === absent ? undefined : Promise.reject(error)));
      if (found !== undefined && Number(found.version) < floor) {
        old.push(`version ${found.version} of ${path}, where ${floor} is the oldest`);
      }
    }
    const { tierErrors } = cache.getStats();
    cache.shutdown();
    if (old.length === 0 && tierErrors === 0) break;
    await sleep(50);
  } while (performance.now() - begun < CALM_MS);
  expect(old).toEqual([]);
}

function sumOf(done: Done[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { counts } of done) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** Returns for each process by how much the median of the last quarter is above that of the second. */
function growthOf(rss: Map<number, number[]>): number[] {
  return [...rss.values()].map((samples) => {
    const quarter = Math.floor(samples.length / 4);
    const median = (part: number[]) => part.sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
    return median(samples.slice(-quarter)) - median(samples.slice(quarter, 2 * quarter));
  });
}
