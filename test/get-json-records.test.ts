// getJson of the caches of metadata: what JSON.stringify makes of what get returns, from memory and from disk.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ClosedError } from '../lib/errors/errors.js';
import { AdvancedMetadataCache } from '../lib/metadata/advanced-metadata-cache.js';
import type { RecordTiers } from '../lib/metadata/record-tiers.js';
import { cache, file, folder, make, metadata } from './helpers/enhanced-cache.js';

describe('getJson of metadata', () => {
  it('is the JSON of what get returns, and counts as get does', () => {
    expect(cache.getJson(file)).toBeUndefined();
    cache.put(file, metadata);
    expect(String(cache.getJson(file))).toBe(JSON.stringify(metadata));
    expect(cache.getJson(file, 'full')).toBeUndefined();
    expect(cache.getStats()).toMatchObject({ memoryHits: 1, misses: 2, tierErrors: 0 });
    writeFileSync(file, 'other bytes');
    expect(cache.getJson(file)).toBeUndefined();
  });

  it('is that of JavaScript where only JavaScript knows it', () => {
    for (const value of [new Map([[1, 2]]), new Date(Number.NaN), undefined, '\ud800', -0]) {
      cache.put(file, { value, after: [1] });
      expect(String(cache.getJson(file))).toBe(JSON.stringify(cache.get(file)));
    }
    cache.put(file, { value: 1n });
    expect(() => cache.getJson(file)).toThrow(TypeError);
    expect(cache.getStats()).toMatchObject({ memoryHits: 11, misses: 0, tierErrors: 0 });
  });

  it('comes from the disk too, by each way to know the state of a file', async () => {
    for (const validate of ['stat', 'content'] as const) {
      const options = { cacheDir: join(folder, validate), maxDiskSizeMb: 8, validate };
      const first = make(options);
      first.put(file, metadata);
      await first.flush();
      first.shutdown();
      const second = new AdvancedMetadataCache(options);
      expect(String(second.getJson(file))).toBe(JSON.stringify(metadata));
      expect(String(second.getJson(file))).toBe(JSON.stringify(metadata));
      expect(second.getStats()).toMatchObject({ diskHits: 1, memoryHits: 1 });
      second.shutdown();
      expect(() => second.getJson(file)).toThrow(ClosedError);
    }
  });

  it('is a miss for a record that is no metadata', () => {
    vi.spyOn(console, 'warn').mockReturnValue();
    const { local, keys } = (cache as unknown as { tiers: RecordTiers }).tiers;
    cache.put(file, metadata);
    const { key } = keys.identify(file, 'default');
    for (const value of [0x90, 0xc1, 0xa0, 0x01]) {
      cache.put(file, metadata);
      const record = Buffer.from(local.arena.getBytes(key)!);
      record[40] = value;
      local.put(key, record.subarray(0, 41));
      expect(cache.getJson(file)).toBeUndefined();
      expect(local.arena.has(key)).toBe(false);
    }
    expect(cache.getStats()).toMatchObject({ memoryHits: 0, misses: 4 });
  });
});
