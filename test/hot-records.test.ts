// Decoded records at hand in the caches of metadata, which are returned as long as file and record are
// unchanged.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AdvancedMetadataCache,
  type EnhancedCacheOptions,
  EnhancedMetadataCache,
  PressureLevel,
  type Validation,
} from '../lib/index.js';
import { runScript } from './helpers/run-script.js';
import { makeTempFolder } from './helpers/temp-folder.js';

const photo = (n: number) => ({ name: `IMG_${n}.JPG`, exif: { iso: n, tags: ['a', { b: n }] } });

let folder: string;
let file: string;
const opened: AdvancedMetadataCache[] = [];
beforeEach(() => {
  folder = makeTempFolder();
  file = join(folder, 'a.jpg');
  writeFileSync(file, 'a');
});
afterEach(() => {
  for (const cache of opened.splice(0)) cache.shutdown();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: EnhancedCacheOptions = {}): EnhancedMetadataCache {
  const cache = new EnhancedMetadataCache({
    cacheDir: join(folder, 'cache'),
    enableMemoryPressureMonitoring: false,
    hotValues: 10,
    ...options,
  });
  opened.push(cache);
  return cache;
}

describe('a hot record', () => {
  it.each(['stat', 'content'] as Validation[])(
    'is the same frozen object until its file or record changes, validated by %s',
    async (validate) => {
      const cache = open({ validate });
      cache.put(file, photo(1));
      const first = cache.get(file) as ReturnType<typeof photo>;
      expect(first).toEqual(photo(1));
      expect(Object.isFrozen(first.exif.tags)).toBe(true);
      expect(cache.get(file)).toBe(first);
      expect(await cache.fetch(file, () => photo(9))).toBe(first);
      cache.put(file, photo(2));
      expect(cache.get(file)).toEqual(photo(2));
      writeFileSync(file, 'another content');
      expect(cache.get(file)).toBeUndefined();
      cache.put(file, photo(3));
      expect(cache.get(file)).toEqual(photo(3));
      cache.invalidateFile(file);
      expect(cache.get(file)).toBeUndefined();
      expect(cache.getStats()).toMatchObject({ memoryHits: 5, misses: 2 });
    },
  );

  it('follows what other caches of the process and other processes put', async () => {
    const cache = open();
    const other = open({ hotValues: 0 });
    cache.put(file, photo(1));
    expect(cache.get(file)).toEqual(photo(1));
    other.put(file, photo(2));
    expect(cache.get(file)).toEqual(photo(2));
    await cache.flush();
    const options = { cacheDir: join(folder, 'cache'), enableMemoryPressureMonitoring: false };
    const script = `
      const cache = new ebbcache.EnhancedMetadataCache(${JSON.stringify(options)});
      cache.put(${JSON.stringify(file)}, { name: 'of another process' });
      await cache.flush();
      cache.shutdown();`;
    expect((await runScript(script)).stderr).toBe('');
    expect(cache.get(file)).toEqual({ name: 'of another process' });
  });

  it('counts a hit in the tier that has it', async () => {
    const cache = open({ maxMemoryMb: 1 });
    cache.put(file, photo(1));
    await cache.flush();
    const first = cache.get(file);
    cache.applyPressure(PressureLevel.CRITICAL);
    cache.applyPressure(PressureLevel.NORMAL);
    expect(cache.get(file)).toBe(first);
    expect(cache.get(file)).toBe(first);
    expect(cache.getStats()).toMatchObject({ memoryHits: 2, diskHits: 1, misses: 0, hotValues: 1 });
    expect(cache.getStats().hotValueBytes).toBeGreaterThan(100);
  });

  it('is dropped under pressure, and is none as long as it lasts', () => {
    const cache = open({ enableMemoryPressureMonitoring: true });
    cache.put(file, photo(1));
    const first = cache.get(file);
    cache.applyPressure(PressureLevel.HIGH);
    expect(cache.get(file)).toEqual(photo(1));
    expect(cache.get(file)).not.toBe(first);
    expect(cache.getStats()).toMatchObject({ hotValues: 0, hotValueBytes: 0 });
  });

  it('is no record whose time to live has ended', () => {
    let now = 1_000_000;
    const cache = open({ clock: () => now, cacheTtlHours: 1 });
    cache.put(file, photo(1));
    expect(cache.get(file)).toBe(cache.get(file));
    now += 3_600_001;
    expect(cache.get(file)).toBeUndefined();
  });

  it('is none of a tier, a selection of fields or a peek', () => {
    const cache = open();
    cache.put(file, photo(1), 'quick');
    cache.put(file, photo(2));
    const [quick, whole] = [cache.get(file, 'quick'), cache.get(file)];
    expect(quick).toEqual(photo(1));
    expect(whole).toEqual(photo(2));
    expect(cache.get(file, 'quick')).toBe(quick);
    expect(cache.get(file, undefined, { fields: ['exif.iso'] })).toEqual({ exif: { iso: 2 } });
    expect(cache.peek(file)).toEqual(whole);
    expect(cache.peek(file)).not.toBe(whole);
    expect(cache.getJson(file)?.toString()).toBe(JSON.stringify(photo(2)));
    expect(cache.get(file)).toBe(whole);
  });

  it('is one of at most so many, which clearAll forgets', () => {
    const cache = open({ hotValues: 3 });
    const files = Array.from({ length: 8 }, (_, i) => join(folder, `absent ${i}`));
    for (const [i, path] of files.entries()) cache.put(path, photo(i));
    for (const [i, path] of files.entries()) expect(cache.get(path)).toEqual(photo(i));
    expect(cache.getStats().hotValues).toBe(3);
    cache.clearAll();
    expect(cache.getStats().hotValues).toBe(0);
    for (const hotValues of [-1, 1_000_001]) expect(() => open({ hotValues })).toThrow(RangeError);
  });

  it('is one of an AdvancedMetadataCache too', () => {
    const cache = new AdvancedMetadataCache({ maxDiskSizeMb: 0, hotValues: 5 });
    opened.push(cache);
    cache.put(file, photo(1));
    expect(cache.get(file)).toBe(cache.get(file));
  });
});
