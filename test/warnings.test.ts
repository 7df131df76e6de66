// Tests that a failing tier without a logger causes a warning of the process: with a code, and at most one of each
// code in a minute.

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  ArenaCache,
  EnhancedMetadataCache,
  getEnhancedCache,
  MemoryPressureMonitor,
  shutdownEnhancedCache,
} from '../lib/index.js';
import { warn } from '../lib/process/warnings.js';
import { LocalRecords } from '../lib/tiers/local-records.js';
import { NoClientError } from '../lib/tiers/no-client-error.js';
import type { RemoteTier, RemoteTierEvents } from '../lib/tiers/remote-tier.js';
import { Caches } from './helpers/caches.js';
import { FakeRemote, FakeServer } from './helpers/fake-remote.js';
import { ProcessWarnings } from './helpers/process-warnings.js';
import { packageUrl, runScript } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const caches = new Caches();
const warnings = new ProcessWarnings();

/** Returns a remote tier that fails as it is started. */
function failing(error: Error): RemoteTier {
  const start = (events: RemoteTierEvents) => events.onFailure(error);
  return Object.assign(new FakeRemote(new FakeServer()), { start });
}

describe('a warning', () => {
  it('is emitted at most once a minute for each code, with the number of those suppressed', () => {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const emitted = () => warnings.all.map(([message]) => message);
    expect(warn('EBBCACHE_DISK', 'One.')).toBe(true);
    expect(warn('EBBCACHE_DISK', 'Two.')).toBe(false);
    expect(warn('EBBCACHE_REMOTE', 'Other.')).toBe(true);
    now += 59_999;
    expect(warn('EBBCACHE_DISK', 'Three.')).toBe(false);
    expect(emitted()).toEqual(['One.', 'Other.']);
    now += 1;
    expect(warn('EBBCACHE_DISK', 'Four.')).toBe(true);
    now += 60_000;
    expect(warn('EBBCACHE_DISK', 'Five.')).toBe(true);
    clock.mockRestore();
    expect(emitted().slice(2)).toEqual([
      'Four. (Since the last such warning, 2 more came.)',
      'Five.',
    ]);
    expect(warnings.all[0]![1]).toEqual({ type: 'EbbcacheWarning', code: 'EBBCACHE_DISK' });
  });

  it('is emitted once for all threads', async () => {
    const { stdout, stderr } = await runScript(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      const source = \`
        const { AdvancedMetadataCache } = await import(${JSON.stringify(packageUrl)});
        new AdvancedMetadataCache({ cacheDir: '/dev/null/x' }).put('/a', {});
      \`;
      const url = new URL('data:text/javascript,' + encodeURIComponent(source));
      let warnings = 0;
      process.on('warning', ({ code }) => { if (code === 'EBBCACHE_DISK') warnings++; });
      new ebbcache.AdvancedMetadataCache({ cacheDir: '/dev/null/x' });
      for (let i = 0; i < 3; i++) await once(new Worker(url), 'exit');
      console.log(warnings);
    `);
    expect(stderr.match(/EBBCACHE_DISK/g)).toHaveLength(1);
    expect(stdout).toBe('1\n');
  });

  it('has a code that docs/errors.md lists', () => {
    const root = join(import.meta.dirname, '..');
    const codesIn = (file: string) =>
      readFileSync(join(root, file), 'utf8').match(/\bEBBCACHE_[A-Z_]+/g) ?? [];
    const codes = new Set(codesIn('lib/process/warnings.ts'));
    expect(codes.size).toBeGreaterThan(5);
    const documented = codesIn('docs/errors.md').filter((code) => code !== 'EBBCACHE_FORKED');
    expect(new Set(documented)).toEqual(codes);
  });

  it('is emitted only by lib/process/warnings.ts', () => {
    const lib = join(import.meta.dirname, '..', 'lib');
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' });
    const emitting = files.filter(
      (file) =>
        file.endsWith('.ts') && readFileSync(join(lib, file), 'utf8').includes('emitWarning('),
    );
    expect(emitting).toEqual([join('process', 'warnings.ts')]);
  });
});

describe('a process without a logger', () => {
  const make = (options: object = {}) => caches.make({ logger: undefined, ...options });

  it('is warned of a disk tier that cannot be used, once for all kinds of caches', async () => {
    writeFileSync(caches.cacheDir, 'no folder');
    const cache = make();
    await vi.waitFor(() => expect(warnings.codes).toEqual(['EBBCACHE_DISK']));
    expect(warnings.all[0]![0]).toMatch(/not a folder.*\.$/);
    using arena = new ArenaCache({ maxBytes: MIB, disk: { dir: caches.cacheDir, maxBytes: MIB } });
    expect(arena.set('key', 1)).toBe(true);
    expect([await cache.flush(), await arena.flush()]).toEqual([false, false]);
    expect(cache.put(caches.file, { n: 1 })).toBe(true);
    expect(warnings.codes).toEqual(['EBBCACHE_DISK']);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'is warned of a folder that cannot be written to',
    async () => {
      mkdirSync(caches.cacheDir);
      chmodSync(caches.cacheDir, 0o500);
      make();
      await vi.waitFor(() => expect(warnings.codes).toEqual(['EBBCACHE_DISK']));
      chmodSync(caches.cacheDir, 0o700);
    },
  );

  it('is warned of a remote tier that is down', () => {
    make({ remote: failing(new Error('The remote is down.')) });
    expect(warnings.all).toEqual([
      ['The remote is down.', { type: 'EbbcacheWarning', code: 'EBBCACHE_REMOTE' }],
    ]);
  });

  it('is warned of a missing client library', () => {
    make({ remote: failing(new NoClientError()) });
    expect(warnings.codes).toEqual(['EBBCACHE_REMOTE_CLIENT']);
    expect(warnings.all[0]![0]).toMatch(/install ioredis or redis/);
  });

  it('is warned of a memory tier that fails', () => {
    const cache = make({ maxDiskSizeMb: 0 });
    vi.spyOn(LocalRecords.prototype, 'lookUp').mockImplementation(() => {
      throw new Error('It is broken.');
    });
    expect([cache.get(caches.file), cache.get(caches.file)]).toEqual([undefined, undefined]);
    expect(warnings.codes).toEqual(['EBBCACHE_MEMORY']);
    expect(warnings.all[0]![0]).toMatch(/memory tier failed.* It is broken\.$/);
    expect(cache.getStats().tierErrors).toBe(2);
  });

  it('is warned of a machine that cannot be read for the size of the memory tier', () => {
    vi.spyOn(MemoryPressureMonitor.prototype, 'sample').mockImplementation(() => {
      throw new Error('Memory could not be sampled.');
    });
    const options = { maxDiskSizeMb: 0, enableMemoryPressureMonitoring: false };
    using cache = new EnhancedMetadataCache(options);
    expect(cache.getDetailedInfo().memoryCache.maxBytes).toBe(16 * MIB);
    expect(warnings.all).toEqual([
      [
        'Memory could not be sampled. The memory tier has 16 MiB therefore; give a maxMemoryMb for more.',
        { type: 'EbbcacheWarning', code: 'EBBCACHE_SAMPLE' },
      ],
    ]);
    using logged = new EnhancedMetadataCache({ ...options, logger: caches.logger });
    expect(logged.closed).toBe(false);
    expect(caches.logger.warn).toHaveBeenCalledTimes(1);
    expect(warnings.codes).toHaveLength(1);
  });

  it('is not warned of what concerns one file or one call', async () => {
    const cache = make({ maxDiskSizeMb: 0 });
    expect(cache.put(caches.folder, { n: 1 })).toBe(false);
    expect(cache.put(caches.file, { pixels: Buffer.alloc(32 * MIB) })).toBe(false);
    const broken = () => {
      throw new Error('It is no image.');
    };
    await expect(cache.fetch(caches.file, broken)).rejects.toThrow('It is no image.');
    expect(await cache.warmCache([caches.file], broken)).toEqual({ [caches.file]: false });
    expect(warnings.all).toEqual([]);
  });

  it('is warned of other options of the shared cache', () => {
    getEnhancedCache({ maxMemoryMb: 1, maxDiskSizeMb: 0 });
    getEnhancedCache({ maxMemoryMb: 2, maxDiskSizeMb: 0 });
    shutdownEnhancedCache();
    expect(warnings.codes).toEqual(['EBBCACHE_OPTIONS']);
  });
});

it('a warning is a line of the logger where there is one, and not a warning of the process', async () => {
  writeFileSync(caches.cacheDir, 'no folder');
  const cache = caches.make({ remote: failing(new NoClientError()) });
  expect(await cache.flush()).toBe(false);
  await vi.waitFor(() => expect(caches.logger.warn).toHaveBeenCalledTimes(2));
  expect(warnings.all).toEqual([]);
});

it('a warning is emitted by the process, with its type and code', async () => {
  writeFileSync(caches.cacheDir, 'no folder');
  const { code, stderr } = await runScript(
    `const options = { cacheDir: ${JSON.stringify(caches.cacheDir)}, validate: 'none', maxMemoryMb: 1 };
     for (let i = 0; i < 3; i++) {
       const cache = new ebbcache.AdvancedMetadataCache(options);
       await cache.flush();
       cache.shutdown();
     }`,
  );
  expect(code).toBe(0);
  expect(stderr.match(/\[EBBCACHE_DISK\] EbbcacheWarning: .+\./g)).toHaveLength(1);
});
