// Tests the native store with a disk tier, as the classes of lib/ call it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { native } from '../lib/native/addon.js';
import { Lease, type NativeDiskEvent, type NativeDiskOptions } from '../lib/native/disk.js';
import { Outcome } from '../lib/native/outcomes.js';
import type { NativeStore } from '../lib/native/store.js';

const MIB = 1 << 20;
const nativeUrl = new URL('../dist/native/addon.js', import.meta.url).href;

let dir: string;
const opened: NativeStore[] = [];

const memoryOptions = {
  maxBytes: MIB,
  maxEntries: 0,
  policy: 'lru',
  ttl: 0,
  name: '',
  ebb: false,
  minBytes: 0,
  compact: false,
  prefixBytes: 0,
} as const;

function open(disk: Partial<NativeDiskOptions> = {}): NativeStore {
  const whole = { dir, maxBytes: 4 * MIB, coherent: true, kind: 'values', ...disk } as const;
  const store = new native.Store({ ...memoryOptions, disk: whole });
  opened.push(store);
  return store;
}

function set(store: NativeStore, key: string, value: string): void {
  expect(native.setBytes(store.id, key, Buffer.from(value))).toBe(0);
}

function allKeys(store: NativeStore): string[] {
  const all: string[] = [];
  let cursor = 0;
  do {
    const [next, ...keys] = store.scan(cursor);
    expect(next).toSatisfy(Number.isSafeInteger);
    all.push(...keys);
    cursor = next;
  } while (cursor !== 0);
  return all;
}

/** Returns whether the lease is acquired, which it is once earlier puts are written. */
async function getsLease(store: NativeStore, key: string): Promise<boolean> {
  const until = Date.now() + 20_000;
  while (Date.now() < until) {
    if (store.acquireLease(key) === Lease.held) return true;
    await store.flush();
  }
  return false;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ebbcache-native-disk-'));
});

afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('a native store with a disk tier', () => {
  it('reports which values were found on disk', () => {
    const first = open();
    set(first, 'a', 'hello');
    expect(native.get(first.id, 'a')).toBe(5);
    first.close();

    const store = open();
    expect(native.has(store.id, 'a')).toBe(1);
    expect(native.peek(store.id, 'a')).toBe(5);
    expect(native.get(store.id, 'a')).toBe(Outcome.fromDisk - 5);
    expect(native.readBuffer.toString('utf8', 0, 5)).toBe('hello');
    expect(native.get(store.id, 'a')).toBe(5);
    expect(native.get(store.id, 'b')).toBe(Outcome.miss);
    expect(store.stats()).toMatchObject({ hits: 2, misses: 1, puts: 0 });
    expect(store.diskStats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it('reports it for an empty value, and for one larger than the read buffer', () => {
    const first = open();
    set(first, 'empty', '');
    set(first, 'large', 'x'.repeat(100));
    first.close();
    const store = open();
    expect(native.get(store.id, 'empty')).toBe(Outcome.fromDisk);
    native.setReadBuffer(new Uint8Array(10));
    try {
      expect(native.get(store.id, 'large')).toBe(Outcome.fromDisk - 100);
    } finally {
      native.setReadBuffer();
    }
    expect(native.get(store.id, 'large')).toBe(100);
  });

  it('gets many values from both tiers', () => {
    const first = open();
    set(first, 'a', 'one');
    first.close();
    const store = open();
    set(store, 'b', 'two');
    expect(native.getMany(store.id, 'a', 'b', 'c')).toBe(3);
    expect(native.readBuffer.readUInt32LE(0)).toBe(3);
    expect(native.readBuffer.toString('utf8', 4, 7)).toBe('one');
    expect(native.readBuffer.toString('utf8', 11, 14)).toBe('two');
  });

  it('returns from flush and settleDisk when all is written', async () => {
    const store = open();
    set(store, 'a', 'one');
    expect(await store.flush()).toBe(true);
    expect(store.diskStats()).toMatchObject({
      path: expect.stringContaining('ebbcache-native-disk-'),
      available: true,
      entries: 1,
      writes: 1,
      drops: 0,
      errors: 0,
      pending: 0,
      maxBytes: 4 * MIB,
    });
    set(store, 'b', 'two');
    expect(store.settleDisk(20_000)).toBe(true);
    expect(store.diskStats()?.writes).toBe(2);
  });

  it('scans memory and disk', () => {
    const first = open();
    set(first, 'a', 'one');
    first.close();
    const store = open();
    set(store, 'b', 'two');
    expect(new Set(allKeys(store))).toEqual(new Set(['a', 'b']));
  });

  it('finds the records of one place', () => {
    const store = open({ kind: 'records' });
    for (const key of ['p\0one', 'p\0two', 'q\0one', 'pp\0one']) set(store, key, 'record');
    expect(new Set(store.keysOfPlace('p'))).toEqual(new Set(['p\0one', 'p\0two']));
    expect(store.settleDisk(20_000)).toBe(true);
    expect(new Set(store.keysOfPlace('p'))).toEqual(new Set(['p\0one', 'p\0two']));
    expect(store.keysOfPlace('none')).toEqual([]);
  });

  it('stores counters', async () => {
    const store = open();
    expect(store.diskCounters()).toEqual(Array(16).fill(0));
    store.addToDiskCounters([1, 0, 3]);
    store.addToDiskCounters([1]);
    set(store, 'a', 'one');
    await store.flush();
    store.close();
    expect(open().diskCounters().slice(0, 4)).toEqual([2, 0, 3, 0]);
  });

  it('leases a key to one at a time', async () => {
    const one = open();
    const two = open();
    // Leases are busy while the folder is being opened.
    expect(await getsLease(one, 'a')).toBe(true);
    expect(one.acquireLease('a')).toBe(Lease.busy);
    expect(two.acquireLease('a')).toBe(Lease.busy);
    expect(two.acquireLease('b')).toBe(Lease.held);
    two.releaseLease('a');
    expect(two.acquireLease('a')).toBe(Lease.busy);
    one.releaseLease('a');
    expect(await getsLease(two, 'a')).toBe(true);
    // A store that closes releases the leases that it holds.
    two.close();
    expect(await getsLease(one, 'a')).toBe(true);
  });

  it('refuses a budget that is too small', () => {
    expect(() => open({ maxBytes: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_EBBCACHE_OPEN' }),
    );
  });

  it('reports a failure of the disk, and continues without it', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    const store = open({ dir: file });
    const news = await new Promise<NativeDiskEvent>((told) => store.onDiskEvent(told));
    expect(news.kind).toBe('trouble');
    expect(news.sentence).toContain('not a folder');
    set(store, 'a', 'one');
    expect(native.get(store.id, 'a')).toBe(3);
    expect(await store.flush()).toBe(false);
    expect(store.acquireLease('a')).toBe(Lease.unavailable);
    expect(store.diskStats()).toMatchObject({ available: false, entries: 0 });
    // A listener that is added later is called too.
    const later = open({ dir: file });
    const same = await new Promise<NativeDiskEvent>((told) => later.onDiskEvent(told));
    expect(same).toEqual(news);
  });

  it('returns empty results from the disk methods without a disk tier', async () => {
    const store = new native.Store({ ...memoryOptions, disk: undefined });
    expect(store.diskStats()).toBeNull();
    expect(await store.flush()).toBe(true);
    expect(store.settleDisk(1)).toBe(true);
    expect(store.diskCounters()).toEqual(Array(16).fill(0));
    expect(store.keysOfPlace('p')).toEqual([]);
    expect(store.acquireLease('a')).toBe(Lease.unavailable);
    store.addToDiskCounters([1]);
    store.releaseLease('a');
    store.onDiskEvent(() => {});
    store.close();
    for (const call of [
      () => store.flush(),
      () => store.diskStats(),
      () => store.onDiskEvent(() => {}),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_CLOSED' }));
    }
  });

  it('releases what a thread has that ends, also while it flushes', async () => {
    const store = open();
    const options = {
      ...memoryOptions,
      disk: { dir, maxBytes: 4 * MIB, coherent: true, kind: 'values' },
    };
    const script = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { native } = await import(workerData.nativeUrl);
      const store = new native.Store(workerData.options);
      store.onDiskEvent(() => {});
      native.setBytes(store.id, 'of the thread', Buffer.from('one'));
      parentPort.postMessage(store.acquireLease('leased'));
      for (;;) store.flush();
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), {
      workerData: { nativeUrl, options },
    });
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe(Lease.held);
    expect(store.acquireLease('leased')).toBe(Lease.busy);
    await worker.terminate();
    expect(await getsLease(store, 'leased')).toBe(true);
    expect(native.get(store.id, 'of the thread')).toBe(Outcome.fromDisk - 3);
  });
});
