// Tests that a budget bounds memory as the operating system sees it.

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';

const measurement = fileURLToPath(new URL('./helpers/measure-memory.mjs', import.meta.url));

describe('a cache with a budget of 64 MiB', () => {
  it('stays within it, outside the JavaScript heap', async () => {
    // The young generation has its full size from the start, so that it does not count as growth.
    const flags = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];
    const { code, stdout, stderr } = await runNode([...flags, measurement, packageUrl]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const figures = JSON.parse(stdout);
    console.log('a million puts of 600 bytes into 64 MiB:', figures);
    const MIB = 1024 * 1024;
    expect(figures.overBudget).toBe(0);
    expect(figures.recent).toBe(figures.kept);
    expect(figures.kept).toBeGreaterThan(80_000);
    expect(figures.heapGrowth).toBeLessThan(2 * MIB);
    expect(figures.rssGrowth).toBeLessThan(64 * MIB * 1.05);
  });
});
