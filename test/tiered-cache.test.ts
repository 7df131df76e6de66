// Tests the cache of metadata in memory and on disk.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import {
  type AdvancedCacheOptions,
  AdvancedMetadataCache,
  EnhancedMetadataCache,
} from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { runNode } from './helpers/run-script.js';

const onWindows = process.platform === 'win32';
const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const metadata = { tags: ['test'], taken: new Date(5), big: 5n };

const caches = new Caches();

describe('a cache after a restart', () => {
  it('extracts nothing twice', async () => {
    const extract = vi.fn(async () => metadata);
    const first = caches.make();
    expect(await first.fetch(caches.file, extract)).toEqual(metadata);
    const second = caches.restart(first);
    expect(await second.fetch(caches.file, extract)).toEqual(metadata);
    expect(second.get(caches.file)).toEqual(metadata);
    expect(extract).toHaveBeenCalledTimes(1);
    expect(second.getStats()).toMatchObject({ hits: 2, diskHits: 1, memoryHits: 1, misses: 0 });
    expect(caches.logger.warn).not.toHaveBeenCalled();
  });

  it('misses and deletes a record of another state of the file', async () => {
    const first = caches.make();
    first.put(caches.file, metadata);
    writeFileSync(caches.file, 'other bytes');
    const second = caches.restart(first);
    expect(second.get(caches.file)).toBeUndefined();
    await second.flush();
    expect(second.getStats().diskEntries).toBe(0);
  });

  it('continues a time to live', async () => {
    const first = caches.make({ cacheTtlHours: 1 });
    first.put(caches.file, metadata);
    const second = caches.restart(first);
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now');
    clock.mockReturnValue(now + 3_599_000);
    expect(second.get(caches.file)).toEqual(metadata);
    second.invalidateFile(join(caches.folder, 'other'));
    const third = caches.restart(second);
    clock.mockReturnValue(now + 3_601_000);
    expect(third.get(caches.file)).toBeUndefined();
  });

  it('retains the counters of all processes', async () => {
    const first = caches.make();
    first.put(caches.file, metadata);
    first.get(caches.file);
    const second = caches.restart(first);
    second.get(caches.file);
    second.get(join(caches.folder, 'absent'));
    second.shutdown();
    const { stdout } = await runNode([command, 'stats', '--json', '--cache-dir', caches.cacheDir]);
    expect(JSON.parse(stdout)).toMatchObject({
      diskEntries: 1,
      memoryHits: 1,
      diskHits: 1,
      misses: 1,
      cacheWrites: 1,
    });
  });
});

describe('the memory tier and the disk tier', () => {
  it('answer for each other', async () => {
    const cache = caches.make({ maxMemoryEntries: 2 });
    const paths = Array.from({ length: 50 }, (_, i) => join(caches.folder, `${i}`));
    for (const [n, path] of paths.entries()) expect(cache.put(path, { n })).toBe(true);
    for (const [n, path] of paths.entries()) expect(cache.get(path)).toEqual({ n });
    await cache.flush();
    for (const [n, path] of paths.entries()) expect(cache.get(path)).toEqual({ n });
    expect(cache.getStats()).toMatchObject({ hits: 100, misses: 0, memoryCacheSize: 2 });
  });

  it('accept what the other refuses', async () => {
    const cache = caches.make({ maxMemoryMb: 1 });
    const medium = { text: 'x'.repeat(200_000) };
    for (let i = 0; i < 20; i++) expect(cache.put(`${caches.file}${i}`, medium)).toBe(true);
    for (let i = 0; i < 20; i++) expect(cache.get(`${caches.file}${i}`)).toEqual(medium);
    expect(cache.getStats().memoryCacheSize).toBeLessThan(20);
    // The value is too large for the disk: it is in memory only, and the older one on disk is removed.
    const large = { text: 'x'.repeat(300_000) };
    expect(cache.put(`${caches.file}0`, large)).toBe(true);
    expect(cache.get(`${caches.file}0`)).toEqual(large);
    expect(cache.getStats().diskDrops).toBe(1);
    expect(await cache.flush()).toBe(false);
    const next = caches.restart(cache, { maxMemoryMb: 1 });
    expect(next.get(`${caches.file}0`)).toBeUndefined();
    expect(next.get(`${caches.file}1`)).toEqual(medium);
    // The value is too large for both tiers: the older one remains.
    expect(next.put(`${caches.file}1`, { text: 'x'.repeat(2_000_000) })).toBe(false);
    expect(next.get(`${caches.file}1`)).toEqual(medium);
  });

  it('both remove invalidated records, also in tiers that another process has put', async () => {
    const first = caches.make();
    for (const tier of ['default', 'quick', 'full', 'a\0b', 'a/b'])
      first.put(caches.file, metadata, tier);
    first.put(`${caches.file}2`, metadata, 'quick');
    const second = caches.restart(first);
    second.invalidateFile(caches.file, 'quick');
    expect(second.get(caches.file, 'quick')).toBeUndefined();
    expect(second.get(caches.file, 'full')).toEqual(metadata);
    second.invalidateFile(caches.file);
    const read = () =>
      ['default', 'full', 'a\0b', 'a/b'].map((tier) => second.get(caches.file, tier));
    expect(read()).toEqual([undefined, undefined, undefined, undefined]);
    expect(second.get(`${caches.file}2`, 'quick')).toEqual(metadata);
    const third = caches.restart(second);
    expect(third.get(caches.file, 'full')).toBeUndefined();
    expect(third.get(`${caches.file}2`, 'quick')).toEqual(metadata);
    third.clearAll();
    expect(third.get(`${caches.file}2`, 'quick')).toBeUndefined();
    expect(caches.restart(third).get(`${caches.file}2`, 'quick')).toBeUndefined();
  });

  it('distinguish tiers whose names look like parts of keys', async () => {
    const cache = caches.make();
    const pairs = [
      [caches.file, 'a'],
      [caches.file, 'a\0'],
      [caches.file, '\0a'],
      [caches.file, ''],
      [caches.file, '../a'],
      [`${caches.file}a`, ''],
      [join(caches.folder, 'x'), 'test.jpg'],
      [caches.folder, 'x'],
    ] as const;
    for (const [n, [path, tier]] of pairs.entries()) cache.put(path, { n }, tier);
    await cache.flush();
    for (const [n, [path, tier]] of pairs.entries()) {
      expect(cache.get(path, tier)).toEqual(path === caches.folder ? undefined : { n });
    }
    expect(cache.get(`${caches.file}\0a`)).toBeUndefined();
  });

  it('find records of many tiers on disk, and remove them all', () => {
    let first = caches.make();
    for (let i = 0; i < 30; i++) {
      if (i === 15) first = caches.restart(first);
      first.put(caches.file, { n: i }, `tier ${i}`);
    }
    const second = caches.restart(first);
    for (let i = 0; i < 30; i++) expect(second.get(caches.file, `tier ${i}`)).toEqual({ n: i });
    const third = caches.restart(second);
    third.invalidateFile(caches.file);
    for (let i = 0; i < 30; i++) expect(third.get(caches.file, `tier ${i}`)).toBeUndefined();
  });

  it('hold the newest tiers of a file with more than the disk stores', () => {
    const first = caches.make();
    for (let i = 0; i < 60; i++) first.put(caches.file, { n: i }, `tier ${i}`);
    const second = caches.restart(first);
    for (let i = 0; i < 60; i++) {
      const found = second.get(caches.file, `tier ${i}`);
      if (i >= 30 || found !== undefined) expect(found).toEqual({ n: i });
    }
  });

  it('remain in place when the process changes its working folder', () => {
    const before = process.cwd();
    try {
      process.chdir(caches.folder);
      const cache = caches.make({ cacheDir: 'relative' });
      cache.put(caches.file, metadata);
      process.chdir(before);
      cache.clearAll();
      expect(
        caches.restart(cache, { cacheDir: join(caches.folder, 'relative') }).get(caches.file),
      ).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  });

  it('can be reduced to memory only', async () => {
    const cache = caches.make({ maxDiskSizeMb: 0 });
    cache.put(caches.file, metadata);
    expect(await cache.flush()).toBe(false);
    expect(caches.restart(cache, { maxDiskSizeMb: 0 }).get(caches.file)).toBeUndefined();
  });
});

describe('paths that lead to no file', () => {
  it.skipIf(onWindows)('are a miss, and the log has the reason', async () => {
    execFileSync('mkfifo', [join(caches.folder, 'fifo')]);
    symlinkSync('loop', join(caches.folder, 'loop'));
    mkdirSync(join(caches.folder, 'locked'));
    writeFileSync(join(caches.folder, 'locked', 'file'), 'x');
    chmodSync(join(caches.folder, 'locked'), 0);
    const bad: [path: string, reason: RegExp][] = [
      [caches.folder, /is a folder/],
      ['/dev/null', /is a device/],
      [join(caches.folder, 'fifo'), /FIFO/],
      [join(caches.folder, 'loop'), /is a loop/],
      [join(caches.folder, 'locked', 'file'), /may not be looked at/],
      [join(caches.folder, 'not utf-8 \ufffd'), /UTF-8/],
      [`/${'x'.repeat(4095)}`, /is too long/],
      [join(caches.folder, 'x'.repeat(256)), /is too long/],
      [`${caches.file}\0`, /NUL/],
    ];
    for (const validate of ['stat', 'content'] as const) {
      // There is no disk tier, because its folder would belong to another user for a while.
      const cache = caches.make({ validate, maxDiskSizeMb: 0 });
      // The superuser may read any path.
      const user = process.geteuid!();
      chmodSync(caches.folder, 0o755);
      if (user === 0) process.seteuid!(65_534);
      try {
        for (const [path, reason] of bad) {
          caches.logger.warn.mockClear();
          expect(cache.put(path, metadata)).toBe(false);
          expect(caches.logger.warn).toHaveBeenCalledExactlyOnceWith(
            expect.objectContaining({ filePath: path, reason: expect.stringMatching(reason) }),
            expect.stringMatching(reason),
          );
          expect(cache.get(path)).toBeUndefined();
          cache.invalidateFile(path);
          expect(await cache.fetch(path, () => ({ n: 1 }))).toEqual({ n: 1 });
        }
      } finally {
        process.seteuid!(user);
      }
      expect(cache.getStats()).toMatchObject({ cacheWrites: 0, tierErrors: 0, memoryCacheSize: 0 });
    }
    chmodSync(join(caches.folder, 'locked'), 0o700);
  });
});

describe('the option validate', () => {
  it("finds a file by 'content' wherever it is, and whatever its times are", () => {
    const cache = caches.make({ validate: 'content' });
    cache.put(caches.file, metadata);
    const copy = join(caches.folder, 'copy.jpg');
    copyFileSync(caches.file, copy);
    expect(cache.get(copy)).toEqual(metadata);
    utimesSync(caches.file, 1, 1);
    expect(cache.get(caches.file)).toEqual(metadata);
    renameSync(caches.file, join(caches.folder, 'renamed.jpg'));
    expect(cache.get(join(caches.folder, 'renamed.jpg'))).toEqual(metadata);
    expect(cache.get(caches.file)).toBeUndefined();
    writeFileSync(caches.file, 'some bytez');
    expect(cache.get(caches.file)).toBeUndefined();
    const next = caches.restart(cache, { validate: 'content' });
    expect(next.get(copy)).toEqual(metadata);
    next.invalidateFile(copy);
    expect(next.get(join(caches.folder, 'renamed.jpg'))).toBeUndefined();
  });

  it("distinguishes absent files by 'content'", () => {
    const cache = caches.make({ validate: 'content' });
    cache.put(join(caches.folder, 'absent'), metadata);
    expect(cache.get(join(caches.folder, 'absent'))).toEqual(metadata);
    expect(cache.get(join(caches.folder, 'absent too'))).toBeUndefined();
  });

  it("reads no file with 'none'", () => {
    const cache = caches.make({ validate: 'none' });
    cache.put(caches.file, metadata);
    cache.put(caches.folder, { n: 1 });
    writeFileSync(caches.file, 'other');
    expect(cache.get(caches.file)).toEqual(metadata);
    rmSync(caches.file);
    expect(cache.get(caches.file)).toEqual(metadata);
    const next = caches.restart(cache, { validate: 'none' });
    expect(next.get(caches.file)).toEqual(metadata);
    expect(next.get(caches.folder)).toEqual({ n: 1 });
    next.invalidateFile(caches.file);
    expect(next.get(caches.file)).toBeUndefined();
  });

  it('separates the records of its different values', () => {
    const cache = caches.make();
    cache.put(caches.file, metadata);
    const byContent = caches.restart(cache, { validate: 'content' });
    expect(byContent.get(caches.file)).toBeUndefined();
    byContent.put(caches.file, { n: 2 });
    expect(caches.restart(byContent).get(caches.file)).toEqual(metadata);
  });
});

describe('invalid options of tiers', () => {
  it.each<[string, object, typeof TypeError | typeof RangeError]>([
    ['a validation that is none', { validate: 'size' }, RangeError],
    ['a negative stale time', { staleWhileRevalidateSeconds: -1 }, RangeError],
    ['a negative ttl as text', { negativeTtlSeconds: '5' }, TypeError],
    ['a remote that is none', { remote: { get() {} } }, TypeError],
    ['a remote that is null', { remote: null }, TypeError],
  ])('are refused: %s', (_, options, ErrorClass) => {
    expect(() => caches.make(options as AdvancedCacheOptions)).toThrow(ErrorClass);
  });
});

describe('the class AdvancedMetadataCache', () => {
  it('is the base to which EnhancedMetadataCache adds pressure', () => {
    const cache = caches.make();
    expect(cache).not.toBeInstanceOf(EnhancedMetadataCache);
    expect(cache.put(caches.file, metadata, 'full', 12)).toBe(true);
    expect(cache.get(caches.file, 'full')).toEqual(metadata);
    expect(cache.getStats()).not.toHaveProperty('pressureEvents');
    using enhanced = new EnhancedMetadataCache({ cacheDir: caches.cacheDir });
    expect(enhanced).toBeInstanceOf(AdvancedMetadataCache);
  });
});
