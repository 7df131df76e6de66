// Tests that what one process replaces, deletes or clears is not returned from the memory of another once the first
// has flushed: the newest value is returned, or none. EBBCACHE_COHERENCE_ROUNDS sets the number of rounds (400),
// and EBBCACHE_TEST_SEED the keys (1).

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdvancedMetadataCache, ArenaCache } from '../lib/index.js';
import { packageUrl } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { testSeed } from './helpers/test-seed.js';

const MIB = 1024 * 1024;
const rounds = Number(process.env.EBBCACHE_COHERENCE_ROUNDS ?? 400);
const script = fileURLToPath(new URL('./helpers/disk-peer.mjs', import.meta.url));

let folder: string;
let peer: ChildProcess;

async function tell(operation: string, args: unknown[], isFlushed: boolean): Promise<unknown> {
  const answer = once(peer, 'message');
  peer.send({ operation, args, isFlushed });
  const [{ result, flushed }] = await answer;
  if (isFlushed) expect(flushed).toEqual([true, true]);
  return result;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-coherence-'));
  peer = fork(script, [packageUrl, folder], { stdio: 'inherit' });
  await once(peer, 'message');
});

afterAll(async () => {
  peer.disconnect();
  await once(peer, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

describe('a value in memory that another process has replaced', () => {
  it('is not returned by a cache of values by key', async () => {
    using cache = new ArenaCache<unknown>({
      maxBytes: 4 * MIB,
      ebb: false,
      disk: { dir: join(folder, 'values'), maxBytes: 16 * MIB },
    });
    const random = seededRandom(testSeed(1));
    const latest = new Map<string, unknown>();
    let misses = 0;
    const check = (key: string, round: number) => {
      const [found, expected] = [cache.get(key), latest.get(key)];
      if (found === undefined && expected !== undefined) misses++;
      else expect({ round, found }).toEqual({ round, found: expected });
    };
    for (let round = 0; round < rounds; round++) {
      const key = `key ${random(12)}`;
      const value = { round, text: 'x'.repeat(random(5000)) };
      if (random(3) > 0) {
        // This comes from memory in the next rounds, unless another process replaces it.
        check(key, round);
        if (!latest.has(key)) expect(cache.has(key)).toBe(false);
      }
      const kind = random(20);
      if (kind < 4) {
        cache.set(key, value);
        expect(await cache.flush()).toBe(true);
        latest.set(key, value);
      } else if (kind < 10) {
        await tell('set', [key, value], true);
        latest.set(key, value);
      } else if (kind < 14) {
        expect(await tell('delete', [key], true)).toBe(latest.delete(key));
      } else if (kind < 18) {
        const entries = Array.from({ length: 5 }, () => [`key ${random(12)}`, { round }] as const);
        await tell('setMany', [entries], true);
        for (const [each, of] of entries) latest.set(each, of);
      } else if (kind === 18) {
        await tell('clear', [], true);
        latest.clear();
      } else {
        expect(await tell('get', [key], false)).toEqual(latest.get(key));
      }
      check(key, round);
    }
    const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`);
    await expect.poll(() => cache.getMany(keys)).toEqual(keys.map((key) => latest.get(key)));
    // Some may remain for a moment after another process has cleared.
    expect(misses).toBeLessThan(rounds / 4);
    expect([...cache.keys()].sort()).toEqual([...latest.keys()].sort());
    // Most reads came from memory; otherwise nothing there could have become stale.
    const { hits, disk } = cache.stats();
    expect(hits - disk!.hits).toBeGreaterThan(rounds / 10);
  });

  it('is not returned by a cache of metadata by file', async () => {
    using cache = new AdvancedMetadataCache({
      cacheDir: join(folder, 'records'),
      maxDiskSizeMb: 16,
      maxMemoryMb: 4,
      validate: 'none',
    });
    const random = seededRandom(testSeed(1) + 1);
    const tiers = ['default', 'quick'];
    const latest = new Map<string, unknown>();
    const nameOf = (path: string, tier: string) => `${path} ${tier}`;
    let misses = 0;
    for (let round = 0; round < rounds; round++) {
      const path = `/file ${random(6)}`;
      const tier = tiers[random(2)]!;
      const check = () => {
        const [found, expected] = [cache.get(path, tier), latest.get(nameOf(path, tier))];
        if (found === undefined && expected !== undefined) misses++;
        else expect({ round, found }).toEqual({ round, found: expected });
      };
      check();
      const kind = random(20);
      if (kind < 4) {
        cache.put(path, { round }, tier);
        expect(await cache.flush()).toBe(true);
        latest.set(nameOf(path, tier), { round });
      } else if (kind < 10) {
        await tell('put', [path, { round, of: 'peer' }, tier], true);
        latest.set(nameOf(path, tier), { round, of: 'peer' });
      } else if (kind < 14) {
        await tell('invalidate', [path, tier], true);
        latest.delete(nameOf(path, tier));
      } else if (kind < 18) {
        await tell('invalidate', [path], true);
        for (const each of tiers) latest.delete(nameOf(path, each));
      } else if (kind === 18) {
        await tell('clearAll', [], true);
        latest.clear();
      } else {
        expect(await tell('lookUp', [path, tier], false)).toEqual(latest.get(nameOf(path, tier)));
      }
      check();
    }
    expect(misses).toBeLessThan(rounds / 4);
    expect(cache.getStats().memoryHits).toBeGreaterThan(rounds / 20);
  });
});
