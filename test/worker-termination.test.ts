// Tests workers that share a store and end at any moment. They are 180 with EBBCACHE_FULL=1, or else 60.

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sized } from './helpers/full-size.js';
import { runNode } from './helpers/run-script.js';
import { testSeed } from './helpers/test-seed.js';

const script = fileURLToPath(new URL('./helpers/terminate-workers.mjs', import.meta.url));
const cacheUrl = new URL('../dist/arena/arena-cache.js', import.meta.url).href;
const MIB = 1024 * 1024;

const workers = sized(180, 60);

describe('workers on one store', () => {
  it('may terminate at any moment, and leave a valid store or none', async () => {
    const args = ['--expose-gc', script, cacheUrl, String(testSeed()), String(workers)];
    const { stdout, ...outcome } = await runNode(args);
    expect(outcome).toEqual({ code: 0, signal: null, stderr: '' });
    const { stock, residentGrowth, ...found } = JSON.parse(stdout);
    expect(found).toEqual({
      errors: [],
      isShared: true,
      isGone: true,
      isGoneAgain: true,
      emptyEntries: 0,
    });
    expect(stock.entries).toBeGreaterThan(0);
    expect(stock.hits).toBeGreaterThan(1000);
    expect(stock.visits).toBe(stock.found);
    expect(stock.entries).toBe(stock.found);
    expect(stock.payloadBytes).toBe(stock.foundBytes);
    expect(stock.heldBytes).toBeLessThanOrEqual(stock.budgetBytes);
    expect(stock.payloadBytes).toBeLessThanOrEqual(stock.heldBytes);
    // The limit is half of the growth if each worker lost a store of 4 MiB.
    expect(residentGrowth).toBeLessThan((workers * 4 * MIB) / 2);
  }, 180_000);
});
