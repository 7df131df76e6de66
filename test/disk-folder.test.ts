// Tests folders of a disk tier that differ from those that the cache would create.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ArenaCache, EnhancedMetadataCache } from '../lib/index.js';
import { Caches } from './helpers/caches.js';

const MIB = 1024 * 1024;
const onWindows = process.platform === 'win32';
const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.log('Files of other users are not tested: it takes root to make some.');

const caches = new Caches();
const make = (options = {}) => caches.make({ validate: 'none', ...options });

const warnings = () => caches.logger.warn.mock.calls.map(([, message]) => message as string);
const infos = () => caches.logger.info.mock.calls.map(([, message]) => message as string);

/** Puts a record, and waits until it is written or refused. */
async function isPutOnDisk(cache: ReturnType<typeof make>, path: string): Promise<boolean> {
  expect(cache.put(path, { path })).toBe(true);
  expect(cache.get(path)).toEqual({ path });
  return cache.flush();
}

describe('the folder of a disk tier', () => {
  it.skipIf(onWindows)('is private to its user, as are its files', async () => {
    const before = process.umask(0);
    const cacheDir = join(caches.folder, 'made', 'for', 'it');
    try {
      const cache = make({ cacheDir });
      expect(await isPutOnDisk(cache, '/a')).toBe(true);
      await cache.fetch('/b', () => ({}));
      cache.shutdown();
    } finally {
      process.umask(before);
    }
    expect(statSync(cacheDir).mode & 0o777).toBe(0o700);
    const names = readdirSync(cacheDir).sort();
    expect(names).toEqual(['cache.ring', 'leases']);
    for (const name of names) {
      expect([name, statSync(join(cacheDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it.skipIf(onWindows)('has a private folder within it where anybody may write to it', async () => {
    for (const mode of [0o777, 0o1777]) {
      const cacheDir = join(caches.folder, mode.toString(8));
      mkdirSync(cacheDir);
      chmodSync(cacheDir, mode);
      const cache = make({ cacheDir });
      expect(await isPutOnDisk(cache, '/a')).toBe(true);
      const [name, ...others] = readdirSync(cacheDir);
      expect(others).toEqual([]);
      expect(name).toMatch(/^ebbcache-\d+$/);
      expect(statSync(join(cacheDir, name!)).mode & 0o777).toBe(0o700);
      expect(existsSync(join(cacheDir, name!, 'cache.ring'))).toBe(true);
      expect(caches.restart(cache, { cacheDir, validate: 'none' }).get('/a')).toEqual({
        path: '/a',
      });
    }
    expect(warnings()).toEqual([]);
  });

  it.skipIf(onWindows)('is reported as available or not from the beginning', () => {
    const infoOf = (cacheDir: string) => {
      const cache = new EnhancedMetadataCache({
        cacheDir,
        logger: caches.logger,
        enableMemoryPressureMonitoring: false,
      });
      const { diskCache } = cache.getDetailedInfo();
      cache.shutdown();
      return diskCache;
    };
    mkdirSync(caches.cacheDir);
    chmodSync(caches.cacheDir, 0o777);
    expect(infoOf(caches.cacheDir)).toMatchObject({
      enabled: true,
      available: true,
      path: join(caches.cacheDir, `ebbcache-${userInfo().uid}`),
    });
    const file = join(caches.folder, 'file');
    writeFileSync(file, 'notes');
    expect(infoOf(file)).toMatchObject({ enabled: true, available: false, path: file });
  });

  it('is reported once where it is a file, and the cache continues in memory', async () => {
    writeFileSync(caches.cacheDir, 'notes');
    const cache = make();
    expect(await isPutOnDisk(cache, '/a')).toBe(false);
    expect(await isPutOnDisk(cache, '/b')).toBe(false);
    await cache.fetch('/c', () => ({ n: 1 }));
    cache.invalidateFile('/a');
    cache.clearAll();
    expect(cache.get('/b')).toBeUndefined();
    expect(cache.getStats()).toMatchObject({ diskEntries: 0, diskBytes: 0 });
    expect(cache.getStats().diskDrops).toBeGreaterThan(0);
    expect(warnings()).toEqual([
      expect.stringMatching(/ is not a folder\. Choose another folder\.$/),
    ]);
    cache.shutdown();
    expect(readFileSync(caches.cacheDir, 'utf8')).toBe('notes');
  });

  it('is created again when it is removed', async () => {
    const cache = make();
    expect(await isPutOnDisk(cache, '/a')).toBe(true);
    for (let round = 0; round < 3; round++) {
      rmSync(caches.cacheDir, { recursive: true });
      await expect
        .poll(async () => (await isPutOnDisk(cache, `/${round}`)) && existsSync(caches.cacheDir), {
          timeout: 30_000,
        })
        .toBe(true);
    }
    expect(warnings().length).toBeLessThanOrEqual(3);
    const next = caches.restart(cache, { validate: 'none' });
    expect(next.get('/2')).toEqual({ path: '/2' });
    expect(next.get('/a')).toBeUndefined();
  });

  it.skipIf(onWindows)('may be a link to another folder', async () => {
    mkdirSync(join(caches.folder, 'real'), { mode: 0o700 });
    symlinkSync('real', join(caches.folder, 'link'));
    const linked = make({ cacheDir: join(caches.folder, 'link') });
    expect(await isPutOnDisk(linked, '/a')).toBe(true);
    expect(make({ cacheDir: join(caches.folder, 'real') }).get('/a')).toEqual({ path: '/a' });
  });
});

describe('a folder that may not be written to', () => {
  it.skipIf(onWindows)('is reported once where it cannot be made', async () => {
    mkdirSync(join(caches.folder, 'locked'), { mode: 0o500 });
    chmodSync(caches.folder, 0o755);
    // The superuser can write anywhere.
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65_534);
    try {
      const cache = make({ cacheDir: join(caches.folder, 'locked', 'cache') });
      expect(await isPutOnDisk(cache, '/a')).toBe(false);
      expect(await isPutOnDisk(cache, '/b')).toBe(false);
      expect(warnings()).toEqual([
        expect.stringMatching(/cannot be made .+ Choose another folder/),
      ]);
    } finally {
      process.seteuid!(user);
    }
  });

  it.runIf(isRoot)(
    'is reported once, and is read, where it and its file are read-only',
    async () => {
      const user = 65_534;
      const first = make();
      expect(await isPutOnDisk(first, '/a')).toBe(true);
      first.shutdown();
      chmodSync(caches.folder, 0o755);
      for (const path of [caches.cacheDir, join(caches.cacheDir, 'cache.ring')]) {
        chownSync(path, user, user);
        chmodSync(path, path === caches.cacheDir ? 0o500 : 0o400);
      }
      process.seteuid!(user);
      try {
        const cache = make();
        expect(cache.get('/a')).toEqual({ path: '/a' });
        expect(await isPutOnDisk(cache, '/b')).toBe(false);
        expect(cache.get('/b')).toEqual({ path: '/b' });
        expect(cache.get('/a')).toEqual({ path: '/a' });
        cache.put('/a', { n: 'new' });
        expect(cache.get('/a')).toEqual({ n: 'new' });
        expect(await cache.fetch('/c', () => ({ n: 3 }))).toEqual({ n: 3 });
        expect(warnings()).toEqual([
          expect.stringMatching(/may not be written to, so it is only read/),
        ]);
        cache.shutdown();
      } finally {
        process.seteuid!(0);
      }
    },
  );

  it.runIf(isRoot)('is reported where it or its file belongs to another user', async () => {
    const other = 65_534;
    const first = make();
    expect(await isPutOnDisk(first, '/a')).toBe(true);
    first.shutdown();
    chownSync(join(caches.cacheDir, 'cache.ring'), other, other);
    const second = make();
    expect(second.get('/a')).toBeUndefined();
    expect(await isPutOnDisk(second, '/b')).toBe(false);
    const theirs = /cache\.ring belongs to user 65534, and this process is user 0's\. /;
    expect(warnings()).toEqual([expect.stringMatching(theirs)]);
    expect(statSync(join(caches.cacheDir, 'cache.ring')).uid).toBe(other);
  });
});

describe('a file in the place of the ring file', () => {
  it('is left unchanged where it belongs to a cache of values', async () => {
    const disk = { dir: caches.cacheDir, maxBytes: 2 * MIB };
    const values = new ArenaCache({ maxBytes: MIB, disk });
    values.set('/a', 'value');
    expect(await values.flush()).toBe(true);
    const cache = make();
    expect(cache.get('/a')).toBeUndefined();
    expect(await isPutOnDisk(cache, '/a')).toBe(false);
    cache.clearAll();
    await cache.flush();
    expect(values.get('/a')).toBe('value');
    values.close();
    cache.shutdown();
    const again = new ArenaCache({ maxBytes: MIB, disk });
    expect(again.get('/a')).toBe('value');
    again.close();
    expect(warnings()).toEqual([
      expect.stringMatching(/is that of a cache of the other kind .+ left alone/),
    ]);
  });

  it('is replaced where it belongs to no cache', async () => {
    mkdirSync(caches.cacheDir, { mode: 0o700 });
    writeFileSync(join(caches.cacheDir, 'cache.ring'), 'notes of somebody '.repeat(999));
    const cache = make();
    expect(cache.get('/a')).toBeUndefined();
    expect(await isPutOnDisk(cache, '/a')).toBe(true);
    expect(warnings()).toEqual([expect.stringMatching(/was damaged, and was made anew/)]);
    expect(caches.restart(cache, { validate: 'none' }).get('/a')).toEqual({ path: '/a' });
  });

  const inItsPlace: [string, (path: string) => void][] = [
    ['a folder', (path) => mkdirSync(path)],
    ['a FIFO', (path) => execFileSync('mkfifo', [path])],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path)],
    ['a link to nowhere', (path) => symlinkSync('nowhere', path)],
  ];
  it.skipIf(onWindows).each(inItsPlace)(
    'stops the disk tier until it is removed: %s',
    async (_, occupy) => {
      mkdirSync(caches.cacheDir, { mode: 0o700 });
      occupy(join(caches.cacheDir, 'cache.ring'));
      const cache = make();
      expect(await isPutOnDisk(cache, '/a')).toBe(false);
      expect(await isPutOnDisk(cache, '/b')).toBe(false);
      expect(warnings().length).toBe(1);
      rmSync(join(caches.cacheDir, 'cache.ring'), { recursive: true });
      await expect.poll(() => isPutOnDisk(cache, '/a'), { timeout: 30_000 }).toBe(true);
      await expect.poll(infos).toEqual([expect.stringMatching(/is in use again/)]);
      expect(warnings().length).toBe(1);
    },
  );
});

describe('files of an earlier version', () => {
  const leave = (...names: string[]) => {
    mkdirSync(caches.cacheDir, { mode: 0o700 });
    for (const name of names) writeFileSync(join(caches.cacheDir, name), 'x'.repeat(10_000));
  };

  it('are removed, with one line in the log', async () => {
    leave('data.mdb', 'lock.mdb', 'use.lock', 'clean.json', 'of somebody');
    const cache = make();
    expect(await isPutOnDisk(cache, '/a')).toBe(true);
    await expect
      .poll(infos)
      .toEqual([expect.stringMatching(/files of an earlier version .+ removed/)]);
    expect(readdirSync(caches.cacheDir).sort()).toEqual(['cache.ring', 'of somebody']);
    expect(warnings()).toEqual([]);
    expect(caches.restart(cache, { validate: 'none' }).get('/a')).toEqual({ path: '/a' });
    expect(infos().length).toBe(1);
  });

  it('remain without use.lock, because they may belong to another program', async () => {
    leave('data.mdb', 'lock.mdb');
    const cache = make();
    expect(await isPutOnDisk(cache, '/a')).toBe(true);
    expect(readdirSync(caches.cacheDir).sort()).toEqual(['cache.ring', 'data.mdb', 'lock.mdb']);
    expect([...warnings(), ...infos()]).toEqual([]);
  });
});
