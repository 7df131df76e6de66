import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { whyNoGroup } from '../bench/memory-group.mjs';
import { runNode } from './helpers/run-script.js';

const demo = fileURLToPath(new URL('../bench/demo-oom.mjs', import.meta.url));

describe.skipIf(whyNoGroup() !== undefined)('the demo that fills caches in 256 MiB', () => {
  it('has lru-cache killed by the kernel, and ebbcache not', async () => {
    const { stdout, ...end } = await runNode([demo]);
    expect(end).toEqual({ code: 0, signal: null, stderr: '' });
    // The columns are cache, ended by, oom kills, peak, puts, entries and MiB cached.
    expect(stdout).toMatch(/^lru-cache +SIGKILL +[1-9]\d* +\S+ +\d+ +none +none$/m);
    expect(stdout).toMatch(/^ebbcache +exit 0 +0 +\S+ +1150000 +\d+ +\d+$/m);
  });
});
