// Tests the cache of metadata with a remote tier.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdvancedMetadataCache } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';
import { FakeRemote, FakeServer } from './helpers/fake-remote.js';

const _onWindows = process.platform === 'win32';
const metadata = { tags: ['test'], taken: new Date(5), big: 5n };

const caches = new Caches();

describe('a remote tier', () => {
  const server = new FakeServer();
  const elsewhere = () => ({ cacheDir: join(caches.folder, 'elsewhere') });

  beforeEach(() => server.bytes.clear());

  it('saves other machines the extraction', async () => {
    const here = caches.make({ remote: new FakeRemote(server) });
    const there = caches.make({ remote: new FakeRemote(server), ...elsewhere() });
    const extract = vi.fn(async () => metadata);
    expect(await here.fetch(caches.file, extract)).toEqual(metadata);
    const all = Array.from({ length: 100 }, () => there.fetch(caches.file, extract));
    for (const found of await Promise.all(all)) expect(found).toEqual(metadata);
    expect(extract).toHaveBeenCalledTimes(1);
    expect(there.getStats()).toMatchObject({ remoteHits: 100, misses: 0, tierErrors: 0 });
    expect(there.get(caches.file)).toEqual(metadata);
    expect(there.getStats()).toMatchObject({ memoryHits: 1 });
    await there.flush();
    expect(there.getStats().diskEntries).toBe(1);
    expect(here.getStats()).toMatchObject({ remoteHits: 0, misses: 1 });
  });

  it('receives what is put, and is not read by get', () => {
    const remote = new FakeRemote(server);
    const here = caches.make({ remote });
    here.put(caches.file, metadata);
    expect(server.bytes.size).toBe(1);
    expect(caches.make({ remote, ...elsewhere() }).get(caches.file)).toBeUndefined();
    expect(remote.gets).toBe(0);
  });

  it('sends invalidations, and receives them', async () => {
    const here = caches.make({ remote: new FakeRemote(server) });
    const there = caches.make({ remote: new FakeRemote(server), ...elsewhere() });
    for (const cache of [here, there]) {
      for (const tier of ['default', 'full']) cache.put(caches.file, metadata, tier);
    }
    here.invalidateFile(caches.file, 'full');
    expect(there.get(caches.file, 'full')).toBeUndefined();
    expect(there.get(caches.file)).toEqual(metadata);
    here.invalidateFile(caches.file);
    expect(there.get(caches.file)).toBeUndefined();
    expect(server.bytes.size).toBe(0);
    there.put(caches.file, metadata);
    here.clearAll();
    expect(there.get(caches.file)).toBeUndefined();
    expect(server.bytes.size).toBe(0);
  });

  it('is ignored where it returns invalid records', async () => {
    const here = caches.make({ remote: new FakeRemote(server) });
    here.put(caches.file, metadata);
    const [[key, bytes]] = [...server.bytes] as [[string, Buffer]];
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 3]! ^= 1;
    let cases = 0;
    for (const wrong of [flipped, bytes.subarray(0, 30), Buffer.alloc(0), Buffer.from('hello')]) {
      server.bytes.set(key, wrong);
      const there = caches.make({
        remote: new FakeRemote(server),
        cacheDir: join(caches.folder, `${cases++}`),
      });
      expect(await there.fetch(caches.file, () => ({ n: 1 }))).toEqual({ n: 1 });
      expect(there.getStats()).toMatchObject({ remoteHits: 0, misses: 1, tierErrors: 1 });
    }
    // These bytes belong to another key.
    server.bytes.set(key, bytes);
    server.bytes.set(key.replace('test.jpg', 'other.jpg'), bytes);
    writeFileSync(join(caches.folder, 'other.jpg'), 'other');
    const there = caches.make({ remote: new FakeRemote(server), ...elsewhere() });
    expect(await there.fetch(join(caches.folder, 'other.jpg'), () => ({ n: 2 }))).toEqual({ n: 2 });
    expect(await there.fetch(caches.file, () => ({ n: 3 }))).toEqual(metadata);
  });

  it('is ignored when the file has changed or the record has expired', async () => {
    const here = caches.make({ remote: new FakeRemote(server), cacheTtlHours: 1 });
    here.put(caches.file, metadata);
    writeFileSync(caches.file, 'changed');
    const options = { remote: new FakeRemote(server), cacheTtlHours: 1, ...elsewhere() };
    const there = caches.make(options);
    expect(await there.fetch(caches.file, () => ({ n: 1 }))).toEqual({ n: 1 });
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_601_000);
    const later = caches.make({ ...options, cacheDir: join(caches.folder, 'later') });
    expect(await later.fetch(caches.file, () => ({ n: 2 }))).toEqual({ n: 2 });
  });

  it.each<[string, (cache: AdvancedMetadataCache, remote: FakeRemote) => void, object | undefined]>(
    [
      ['put', (cache) => cache.put(caches.file, { n: 'put' }), { n: 'put' }],
      ['invalidated', (cache) => cache.invalidateFile(caches.file), undefined],
      ['invalidated elsewhere', (_, remote) => remote.events.onInvalidate(undefined), undefined],
      ['changed', () => writeFileSync(caches.file, 'changed meanwhile'), undefined],
    ],
  )('does not bring back what was %s while it was read', async (_, change, expected) => {
    const here = caches.make({ remote: new FakeRemote(server) });
    here.put(caches.file, { n: 'old' });
    const remote = new FakeRemote(server);
    const there = caches.make({ remote, ...elsewhere() });
    const { promise, resolve } = deferred<void>();
    remote.delay = promise;
    const fetched = there.fetch(caches.file, () => ({ n: 'extracted' }));
    change(there, remote);
    resolve();
    expect(await fetched).toEqual({ n: 'old' });
    expect(there.get(caches.file)).toEqual(expected);
  });

  it('cannot extend the time to live of a record beyond that of the cache', async () => {
    const here = caches.make({ remote: new FakeRemote(server), cacheTtlHours: 100 });
    here.put(caches.file, metadata);
    const short = { cacheTtlHours: 0.0001, ...elsewhere() };
    const there = caches.make({ remote: new FakeRemote(server), ...short });
    expect(await there.fetch(caches.file, () => ({ n: 1 }))).toEqual(metadata);
    const restarted = caches.restart(there, short);
    await expect.poll(() => restarted.get(caches.file), { timeout: 20_000 }).toBeUndefined();
  });

  it('costs nothing but hits when it is unavailable', async () => {
    const remote = new FakeRemote(server);
    const cache = caches.make({ remote });
    remote.isAway = true;
    expect(cache.put(caches.file, metadata)).toBe(true);
    expect(await cache.fetch(join(caches.folder, 'other'), () => ({ n: 1 }))).toEqual({ n: 1 });
    remote.events.onFailure(new Error('no connection'));
    remote.events.onRecovery();
    expect(caches.logger.warn).toHaveBeenCalledTimes(1);
    expect(caches.logger.info).toHaveBeenCalledTimes(1);
    cache.shutdown();
    expect(remote.closed).toBe(true);
    remote.events.onInvalidate(undefined);
  });
});
