// Tests the events of removals, and the time that is left to an entry.
// Properties are tried on more random inputs with EBBCACHE_FULL=1.

import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RemovalEvents } from '../lib/arena/removal-events.js';
import {
  ArenaCache,
  type ArenaEvents,
  ClosedError,
  PressureLevel,
  type Removal,
} from '../lib/index.js';
import type { NativeStore } from '../lib/native/store.js';
import { DiskArenas } from './helpers/disk-arenas.js';
import { sized } from './helpers/full-size.js';
import { HeardRemovals } from './helpers/removals.js';

const MIB = 1024 * 1024;
const arenas = new DiskArenas();

/** The cache has no disk tier. */
function open(options: Partial<ConstructorParameters<typeof ArenaCache>[0]> = {}) {
  return arenas.open({ disk: undefined, ...options });
}

function fill(cache: ArenaCache, count: number, bytes = 1000): void {
  const value = 'v'.repeat(bytes);
  for (let i = 0; i < count; i++) cache.set(`key${i}`, value);
}

function reasonsOf(removals: readonly Removal[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of removals) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

describe("the event 'remove'", () => {
  it('gives the reason for each removal, in order and after the fact', async () => {
    const cache = open();
    const heard = new HeardRemovals(cache);
    cache.set('a', 1);
    cache.set('a', 2);
    cache.set('b', 3);
    cache.delete('a');
    cache.delete('a');
    cache.clear();
    expect(heard.batches).toEqual([]);
    await heard.settle();
    expect(heard.batches).toHaveLength(1);
    expect(heard.take()).toEqual(['a replace', 'a delete', 'b clear']);
  });

  it("has the reason 'expire' for a read, for a put and for the sweep", async () => {
    let now = 0;
    const cache = open({ clock: () => now });
    const heard = new HeardRemovals(cache);
    for (const key of ['swept', 'put', 'read']) cache.set(key, 1, { ttl: 1 });
    now = 1;
    expect(cache.has('read')).toBe(false);
    cache.set('put', 2);
    await heard.until(() => heard.all.length === 3);
    expect(heard.take().sort()).toEqual(['put expire', 'read expire', 'swept expire']);
    expect([...cache.keys()]).toEqual(['put']);
  });

  it("has the reason 'evict' where room is needed, and where a caller asks for a smaller store", async () => {
    const cache = open({ maxEntries: 1500 });
    const heard = new HeardRemovals(cache);
    fill(cache, 1500, 100);
    cache.set('one more', 1);
    await heard.settle();
    expect(heard.take()).toEqual(['key0 evict', 'key1 evict']);
    const { evictions } = cache.stats();
    expect(cache.shrink(100_000)).toBeGreaterThan(0);
    cache.resize(128 * 1024);
    fill(cache, 1000);
    await heard.settle();
    expect(reasonsOf(heard.all)).toEqual({ evict: cache.stats().evictions - evictions });
  });

  it("has the reason 'pressure' for pressure by any call", async () => {
    const cache = open({ ebb: true });
    const heard = new HeardRemovals(cache);
    fill(cache, 700);
    cache.applyPressure(PressureLevel.HIGH);
    await heard.settle();
    expect(reasonsOf(heard.all)).toEqual({ pressure: cache.stats().pressureEvictions });
    expect(heard.batches.splice(0).flat()).not.toEqual([]);
    const before = cache.stats().pressureEvictions;
    cache.holdPressure(PressureLevel.CRITICAL);
    await heard.settle();
    expect(cache.stats().pressureEvictions).toBeGreaterThan(before);
    expect(reasonsOf(heard.all)).toEqual({ pressure: cache.stats().pressureEvictions - before });
    cache.holdPressure(PressureLevel.NORMAL);
  });

  it('delivers many removals in batches of at most 1,024', async () => {
    const cache = open({ maxBytes: 4 * MIB });
    const heard = new HeardRemovals(cache);
    fill(cache, 10_000, 10);
    cache.clear();
    await heard.settle();
    expect(heard.all).toHaveLength(10_000);
    expect(new Set(heard.all.map(({ key }) => key)).size).toBe(10_000);
    expect(Math.max(...heard.batches.map(({ length }) => length))).toBe(1024);
  });

  it('queues a bounded number of removals, and reports how many were lost', async () => {
    const cache = open({ maxBytes: 64 * MIB });
    const heard = new HeardRemovals(cache);
    const value = 1;
    const key = (i: number) => `a key of thirty byte ${String(i).padStart(9, '0')}`;
    for (let i = 0; i < 200_000; i++) cache.set(key(i), value);
    cache.clear();
    cache.set(key(0), value);
    cache.delete(key(0));
    await heard.until(() => heard.lost > 0);
    // The queue holds 2 MiB, of which each removal takes its key and three bytes.
    expect(heard.all).toHaveLength(Math.floor((2 * MIB) / 33));
    expect(heard.all.length + heard.lost).toBe(200_001);
    heard.batches.length = 0;
    cache.set('later', 1);
    cache.delete('later');
    await heard.settle();
    expect(heard.take()).toEqual(['later delete']);
  });

  it('is recorded by the store only while somebody listens', () => {
    const onRemovals = vi.fn<NativeStore['onRemovals']>();
    const emitter = new EventEmitter<ArenaEvents>();
    const events = new RemovalEvents(
      { onRemovals } as Partial<NativeStore> as NativeStore,
      emitter,
    );
    const listener = () => {};
    emitter.on('disk', listener);
    expect(onRemovals).not.toHaveBeenCalled();
    emitter.on('remove', listener).on('removalsLost', listener);
    expect(onRemovals.mock.calls).toEqual([[expect.any(Function)]]);
    emitter.off('remove', listener);
    expect(onRemovals).toHaveBeenCalledTimes(1);
    emitter.off('removalsLost', listener);
    expect(onRemovals.mock.calls.slice(1)).toEqual([[]]);
    emitter.once('removalsLost', listener);
    emitter.emit('removalsLost', 1);
    expect(onRemovals.mock.calls.slice(2)).toEqual([[expect.any(Function)], []]);
    emitter.on('remove', listener);
    emitter.removeAllListeners();
    events.watchListeners();
    expect(onRemovals.mock.calls.slice(4)).toEqual([[expect.any(Function)], []]);
    events.close();
    emitter.on('remove', listener);
    expect(onRemovals).toHaveBeenCalledTimes(6);
  });

  it('is delivered only to listeners that were registered when the entry was removed', async () => {
    const cache = open();
    const leave = (key: string) => {
      cache.set(key, 1);
      cache.delete(key);
    };
    const early: unknown[] = [];
    cache.on('remove', (removals) => early.push(...removals));
    leave('a');
    cache.removeAllListeners();
    leave('b');
    const once = new Promise((resolve) => cache.once('remove', resolve));
    leave('c');
    expect(await once).toEqual([{ key: 'c', reason: 'delete' }]);
    leave('d');
    cache.removeAllListeners('remove');
    const heard = new HeardRemovals(cache);
    leave('e');
    await heard.settle();
    expect(heard.take()).toEqual(['e delete']);
    expect(early).toEqual([]);
  });

  it('may close the cache, and is not delivered after that', async () => {
    const cache = open({ maxBytes: 4 * MIB });
    fill(cache, 5000, 10);
    let events = 0;
    const closed = new Promise<void>((resolve) => {
      cache.on('remove', () => {
        events++;
        cache.close();
        resolve();
      });
    });
    cache.clear();
    await closed;
    const other = open();
    const heard = new HeardRemovals(other);
    await heard.settle();
    expect(events).toBe(1);
    // A listener may still be added, but no event comes.
    cache.on('remove', () => events++);
    cache.removeAllListeners();
    expect(() => cache.set('a', 1)).toThrow(ClosedError);
  });

  it('is delivered to each cache with the name', async () => {
    const options = { name: 'removals of two caches' };
    const one = open(options);
    const two = open(options);
    const heard = [new HeardRemovals(one), new HeardRemovals(two)];
    one.set('a', 1);
    two.set('a', 2);
    one.delete('a');
    for (const each of heard) {
      await each.until(() => each.all.length >= 2);
      expect(each.take()).toEqual(['a replace', 'a delete']);
    }
    two.close();
    one.set('b', 1);
    one.delete('b');
    await heard[0]!.settle();
    expect(heard[0]!.take()).toEqual(['b delete']);
    expect(heard[1]!.take()).toEqual([]);
  });

  it('reports what another cache did to the disk, when the entry in memory is next read', async () => {
    // The caches share the disk tier, but each has a memory tier of its own, as two processes do.
    const mine = arenas.open();
    const other = arenas.open();
    const heard = new HeardRemovals(mine);
    mine.set('replaced', 1);
    mine.set('deleted', 1);
    other.set('replaced', 2);
    other.delete('deleted');
    expect(mine.get('replaced')).toBe(2);
    expect(mine.get('deleted')).toBeUndefined();
    await heard.settle();
    expect(heard.take()).toEqual(['replaced replace', 'deleted delete']);
  });
});

describe('a model that follows sets and removals', () => {
  /** Each set that is stored adds an entry to it, and each removal takes one. */
  class Model {
    readonly entries = new Map<string, number>();
    add(key: string, by: number): void {
      this.entries.set(key, (this.entries.get(key) ?? 0) + by);
    }
    keys(): string[] {
      const counts = [...this.entries].filter(([, count]) => count !== 0);
      for (const [key, count] of counts) expect(`${key}: ${count}`).toBe(`${key}: 1`);
      return counts.map(([key]) => key).sort();
    }
  }

  const key = fc.integer({ min: 0, max: 300 }).map((n) => `key ${n}`);
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.constant('set'), key, fc.nat(6000)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('delete'), key, fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('clear'), key, fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('shrink'), key, fc.nat(200_000)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('resize'), key, fc.nat(400_000)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constant('pressure'), key, fc.integer({ min: 1, max: 4 })),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant('settle'), key, fc.constant(0)) },
  );

  it.each(['lru', 's3fifo'] as const)('has the keys of the cache (%s)', async (policy) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 300, size: 'max' }), async (steps) => {
        using cache = new ArenaCache({ maxBytes: 400_000, policy, maxEntries: 200, ebb: false });
        const heard = new HeardRemovals(cache);
        const model = new Model();
        const check = async () => {
          await heard.settle();
          for (const { key: each } of heard.batches.splice(0).flat()) model.add(each, -1);
          // The removals of the sentinel come in pairs.
          model.entries.delete('the last one');
          expect(model.keys()).toEqual([...cache.keys()].sort());
        };
        for (const [what, each, amount] of steps) {
          if (what === 'set' && cache.set(each, 'v'.repeat(amount))) model.add(each, 1);
          if (what === 'delete') cache.delete(each);
          if (what === 'clear') cache.clear();
          if (what === 'shrink') cache.shrink(amount);
          if (what === 'resize') cache.resize(65_536 + amount);
          if (what === 'pressure') cache.applyPressure(amount as PressureLevel);
          if (what === 'settle') await check();
        }
        await check();
        expect(heard.lost).toBe(0);
      }),
      { numRuns: sized(60, 20) },
    );
  });
});

describe('the method getRemainingTtl', () => {
  it('returns the ms until an entry expires, Infinity, or undefined', () => {
    const cache = open();
    cache.set('short', 1, { ttl: 60_000 });
    cache.set('forever', 1);
    expect(cache.getRemainingTtl('forever')).toBe(Infinity);
    expect(cache.getRemainingTtl('none')).toBeUndefined();
    const left = cache.getRemainingTtl('short')!;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(Number.isInteger(left)).toBe(true);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0 });
    // @ts-expect-error: no key
    expect(() => cache.getRemainingTtl(1)).toThrow(TypeError);
    cache.close();
    expect(() => cache.getRemainingTtl('short')).toThrow(ClosedError);
  });

  it('does not count as a use of the entry', () => {
    const cache = open({ maxEntries: 2 });
    cache.set('a', 1);
    cache.set('b', 1);
    cache.getRemainingTtl('a');
    cache.set('c', 1);
    expect([...cache.keys()].sort()).toEqual(['b', 'c']);
  });

  it('returns undefined once the entry has expired', () => {
    let now = 0;
    const cache = open({ ttl: 1, clock: () => now });
    cache.set('a', 1);
    now = 1;
    expect(cache.has('a')).toBe(false);
    expect(cache.getRemainingTtl('a')).toBeUndefined();
  });

  it('also works for entries that are only on disk', async () => {
    const first = arenas.open();
    first.set('short', 1, { ttl: 600_000 });
    first.set('forever', 1);
    await first.flush();
    const cache = arenas.restart(first);
    const left = cache.getRemainingTtl('short')!;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(600_000);
    expect(cache.getRemainingTtl('forever')).toBe(Infinity);
    expect(cache.getRemainingTtl('none')).toBeUndefined();
    // Nothing was brought into memory, or counted.
    expect(cache.stats()).toMatchObject({ entries: 0, hits: 0, misses: 0, disk: { hits: 0 } });
  });
});
