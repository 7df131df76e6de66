// Tests cacheable over the Keyv adapter, as its primary and as its secondary store.

import { Cacheable, type CacheableOptions } from 'cacheable';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';

const opened: Cacheable[] = [];
const errors: unknown[] = [];

function openStore(name?: string): KeyvEbbcache {
  return new KeyvEbbcache({ maxBytes: 1024 * 1024, ebb: false, name });
}

/** The stores are disconnected after the test. */
function open(options: CacheableOptions): Cacheable {
  const cache = new Cacheable(options);
  cache.on('error', (error) => errors.push(error));
  opened.push(cache);
  return cache;
}

afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.disconnect();
  expect(errors.splice(0)).toEqual([]);
});

describe.each<[string, () => CacheableOptions]>([
  ['primary store', () => ({ primary: openStore() })],
  [
    'primary store without a serializer',
    () => ({
      primary: new Keyv({ store: openStore(), serialize: undefined, deserialize: undefined }),
    }),
  ],
  ['secondary store', () => ({ secondary: openStore() })],
  ['both stores', () => ({ primary: openStore(), secondary: openStore() })],
])('cacheable with the adapter as its %s', (_, options) => {
  it('gets, sets, takes and deletes', async () => {
    const cache = open(options());
    expect(await cache.set('key', { a: [1, 'two'] })).toBe(true);
    expect(await cache.has('key')).toBe(true);
    expect(await cache.get('key')).toEqual({ a: [1, 'two'] });
    expect(await cache.take('key')).toEqual({ a: [1, 'two'] });
    expect(await cache.get('key')).toBeUndefined();
    await cache.set('key', 1);
    expect(await cache.delete('key')).toBe(true);
    expect(await cache.has('key')).toBe(false);
  });

  it('sets and gets many entries at once', async () => {
    const cache = open(options());
    await cache.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: { deep: 2 }, ttl: '1h' },
      { key: 'c', value: 3 },
    ]);
    expect(await cache.getMany(['c', 'none', 'b'])).toEqual([3, undefined, { deep: 2 }]);
    expect(await cache.hasMany(['a', 'none'])).toEqual([true, false]);
    expect(await cache.deleteMany(['a', 'b'])).toBe(true);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, 3]);
    await cache.clear();
    expect(await cache.get('c')).toBeUndefined();
  });

  it('computes a value once, and again when it has expired', async () => {
    const cache = open(options());
    const work = vi.fn(async () => ({ made: 'once' }));
    expect(await cache.getOrSet('key', work, { ttl: '1h' })).toEqual({ made: 'once' });
    expect(await cache.getOrSet('key', work)).toEqual({ made: 'once' });
    expect(work).toHaveBeenCalledTimes(1);
    // A shorter one may end in one store before the other: cacheable copies it then, with no time to live.
    await cache.set('short', 'old', 25);
    await vi.waitFor(async () => expect(await cache.get('short')).toBeUndefined());
    expect(await cache.getOrSet('short', async () => 'new')).toBe('new');
  });

  it('wraps a function', async () => {
    const cache = open(options());
    const work = vi.fn(async (n: number) => n * 2);
    const wrapped = cache.wrap(work, { ttl: '1h', keyPrefix: 'double' });
    expect([await wrapped(2), await wrapped(2), await wrapped(3)]).toEqual([4, 4, 6]);
    expect(work).toHaveBeenCalledTimes(2);
  });
});

describe('cacheable over the adapter', () => {
  it('isolates namespaces that share one memory', async () => {
    const one = open({ primary: openStore('cacheable'), namespace: 'one' });
    const two = open({ primary: openStore('cacheable'), namespace: 'two' });
    await one.set('key', 1);
    await two.set('key', 2);
    expect(await one.get('key')).toBe(1);
    await one.clear();
    expect(await one.get('key')).toBeUndefined();
    expect(await two.get('key')).toBe(2);
  });

  it('fills a primary store from the adapter, and the adapter from a secondary store', async () => {
    const cache = open({ primary: openStore(), secondary: openStore() });
    await cache.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    await cache.primary.clear();
    expect(await cache.get('a')).toBe(1);
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 2]);
    expect(await cache.primary.getMany(['a', 'b'])).toEqual([1, 2]);
  });

  it('invalidates by tags', async () => {
    const cache = open({ primary: openStore(), tags: true });
    await cache.set('a', 1, { tags: ['photos'] });
    await cache.set('b', 2);
    await cache.tags.invalidateTag('photos');
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, 2]);
  });
});
