import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runNode } from './helpers/run-script.js';

const script = fileURLToPath(new URL('./helpers/terminate-workers.mjs', import.meta.url));
const cacheUrl = new URL('../dist/arena/arena-cache.js', import.meta.url).href;
const MIB = 1024 * 1024;

describe('200 workers on one store', () => {
  it('may end at any moment, and leave a sound store or none', async () => {
    const { stdout, ...outcome } = await runNode(['--expose-gc', script, cacheUrl]);
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
    // One store of 4 MiB lost by each worker would be 720 MiB.
    expect(residentGrowth).toBeLessThan(100 * MIB);
  }, 180_000);
});
