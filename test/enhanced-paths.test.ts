// Tests paths and other arguments that the cache of metadata cannot use.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EncodeError } from '../lib/codec/encode-error.js';
import { EnhancedMetadataCache } from '../lib/metadata/enhanced-metadata-cache.js';
import type { EnhancedCacheOptions } from '../lib/metadata/enhanced-options.js';
import { cache, file, folder, metadata } from './helpers/enhanced-cache.js';

const onWindows = process.platform === 'win32';
describe('paths that lead to no file', () => {
  const isMiss = (path: string) => {
    expect(cache.put(path, metadata)).toBe(false);
    expect(cache.get(path)).toBeUndefined();
    expect(() => cache.invalidateFile(path)).not.toThrow();
    expect(cache.getStats()).toMatchObject({ memoryCacheSize: 0, cacheWrites: 0, tierErrors: 0 });
  };

  it.each<[string, () => string]>([
    ['a folder', () => folder],
    ['the current folder', () => '.'],
    ['a NUL', () => `${file}\0`],
    ['10,000 characters', () => join(folder, 'x'.repeat(10_000))],
    ['200,000 characters in folders', () => join(folder, 'ab/'.repeat(70_000))],
  ])('are a miss: %s', (_, path) => isMiss(path()));

  it.skipIf(onWindows)('are a miss where they are FIFOs, devices or loops of links', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('loop', join(folder, 'loop'));
    for (const path of [join(folder, 'fifo'), join(folder, 'loop'), '/dev/null']) isMiss(path);
  });

  it.skipIf(onWindows)('are a miss where the folder may not be entered', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'file'), 'x');
    chmodSync(locked, 0);
    // The superuser enters any folder.
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65_534);
    try {
      isMiss(join(locked, 'file'));
    } finally {
      process.seteuid!(user);
      chmodSync(locked, 0o700);
    }
  });

  it.skipIf(onWindows)('do not include links to files', () => {
    symlinkSync('test.jpg', join(folder, 'link'));
    cache.put(join(folder, 'link'), metadata);
    expect(cache.get(join(folder, 'link'))).toEqual(metadata);
    writeFileSync(file, 'other');
    expect(cache.get(join(folder, 'link'))).toBeUndefined();
  });

  it('do not prevent a fetch', async () => {
    const extract = vi.fn(async () => ({ a: 1 }));
    expect(await cache.fetch(folder, extract)).toEqual({ a: 1 });
    expect(await cache.fetch(folder, extract)).toEqual({ a: 1 });
    expect(extract).toHaveBeenCalledTimes(2);
    expect(await cache.warmCache([folder, file], extract)).toEqual({
      [folder]: false,
      [file]: true,
    });
  });
});

describe('arguments of the wrong kind', () => {
  const typeError = (call: () => unknown) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  };

  it.each([[undefined], [null], [5]])('throw a TypeError: %s', async (wrong) => {
    const bad = wrong as never;
    typeError(() => cache.get(bad));
    typeError(() => cache.put(bad, metadata));
    typeError(() => cache.invalidateFile(bad));
    await expect(cache.fetch(bad, async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.fetch(file, bad)).rejects.toThrow(TypeError);
    await expect(cache.warmCache(bad, async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.warmCache([file, bad], async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.warmCache([file], bad)).rejects.toThrow(TypeError);
    if (wrong === undefined) return;
    typeError(() => cache.get(file, bad));
    typeError(() => cache.put(file, metadata, bad));
    typeError(() => cache.invalidateFile(file, bad));
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [5],
    [[metadata]],
    [() => metadata],
    [new Map()],
    [new Date()],
    [Buffer.from('a')],
  ])('throw a TypeError as metadata: %s', async (wrong) => {
    typeError(() => cache.put(file, wrong as never));
    await expect(cache.fetch(file, () => wrong as never)).rejects.toThrow(TypeError);
    expect(cache.get(file)).toBeUndefined();
  });

  it('are refused as extraction time, tier and concurrency', async () => {
    typeError(() => cache.put(file, metadata, 'full', '5' as never));
    for (const ms of [-1, Number.NaN, Infinity, -Infinity]) {
      expect(() => cache.put(file, metadata, 'full', ms)).toThrow(
        /^extractionTimeMs must be from 0/,
      );
    }
    for (const tier of ['t'.repeat(257), '\ud800']) {
      expect(() => cache.get(file, tier)).toThrow(RangeError);
    }
    for (const concurrency of [0, -1, 1.5, Number.NaN, 1e9]) {
      const warmed = cache.warmCache([file], async () => ({}), { concurrency });
      await expect(warmed).rejects.toThrow(RangeError);
    }
  });

  it('throw an EncodeError where metadata cannot be stored', async () => {
    cache.put(file, metadata);
    const bad = { exif: { read: () => 1 } };
    expect(() => cache.put(file, bad)).toThrow(EncodeError);
    expect(() => cache.put(file, bad)).toThrow(expect.objectContaining({ path: 'exif.read' }));
    expect(cache.get(file)).toEqual(metadata);
    cache.invalidateFile(file);
    await expect(cache.fetch(file, () => bad)).rejects.toThrow(EncodeError);
    expect(await cache.warmCache([file], () => bad)).toEqual({ [file]: false });
  });

  it.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ['null', null, TypeError],
    ['text', 'fast', TypeError],
    ['an empty cacheDir', { cacheDir: '' }, TypeError],
    ['no entries', { maxMemoryEntries: 0 }, RangeError],
    ['entries as text', { maxMemoryEntries: '5' }, TypeError],
    ['NaN memory', { maxMemoryMb: Number.NaN }, RangeError],
    ['endless memory', { maxMemoryMb: Number.POSITIVE_INFINITY }, RangeError],
    ['no memory', { maxMemoryMb: 0 }, RangeError],
    ['a negative disk', { maxDiskSizeMb: -1 }, RangeError],
    ['a ttl of 0', { cacheTtlHours: 0 }, RangeError],
    ['compression as number', { enableCompression: 1 }, TypeError],
    ['monitoring as text', { enableMemoryPressureMonitoring: 'yes' }, TypeError],
    ['a policy that is none', { policy: 'random' }, RangeError],
    ['a preset that is none', { preset: 'toString' }, RangeError],
    ['a monitor that is none', { monitor: {} }, TypeError],
    ['a logger that is none', { logger: { warn() {} } }, TypeError],
  ])('are refused as options: %s', (_, options, ErrorClass) => {
    const call = () => new EnhancedMetadataCache(options as EnhancedCacheOptions);
    expect(call).toThrow(ErrorClass);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  });
});
