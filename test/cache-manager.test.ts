// Tests cache-manager over the Keyv adapter.

import { type Cache, createCache } from 'cache-manager';
import { Keyv, type KeyvOptions } from 'keyv';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';
import { EncodeError } from '../lib/codec/encode-error.js';

const HOUR = 3_600_000;
const raw: KeyvOptions = { serialize: undefined, deserialize: undefined };

const opened: Cache[] = [];

function openKeyv(options: KeyvOptions = {}, name?: string): Keyv {
  const store = new KeyvEbbcache({ maxBytes: 1024 * 1024, ebb: false, name });
  return new Keyv({ store, ...options });
}

/** The stores are disconnected after the test. */
function open(...stores: Keyv[]): Cache {
  const cache = createCache({ stores });
  opened.push(cache);
  return cache;
}

afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.disconnect();
});

describe.each([
  ['with a serializer', {}],
  ['without a serializer', raw],
])('cache-manager %s', (_, options) => {
  it('gets, sets and deletes', async () => {
    const cache = open(openKeyv(options));
    expect(await cache.get('key')).toBeUndefined();
    await cache.set('key', { a: [1, 'two'] });
    expect(await cache.get('key')).toEqual({ a: [1, 'two'] });
    await cache.del('key');
    expect(await cache.get('key')).toBeUndefined();
  });

  it('sets and gets many entries at once', async () => {
    const cache = open(openKeyv(options));
    await cache.mset<unknown>([
      { key: 'a', value: 1 },
      { key: 'b', value: { deep: 2 }, ttl: HOUR },
      { key: 'c', value: 3 },
    ]);
    expect(await cache.mget(['c', 'none', 'b'])).toEqual([3, undefined, { deep: 2 }]);
    await cache.mdel(['a', 'none']);
    expect(await cache.mget(['a', 'b'])).toEqual([undefined, { deep: 2 }]);
    await cache.clear();
    expect(await cache.mget(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
  });

  it('wraps a function, and calls it once', async () => {
    const cache = open(openKeyv(options));
    const work = vi.fn(async () => ({ made: 'once' }));
    const both = await Promise.all([cache.wrap('key', work, HOUR), cache.wrap('key', work, HOUR)]);
    expect(both).toEqual([{ made: 'once' }, { made: 'once' }]);
    expect(await cache.wrap('key', work)).toEqual({ made: 'once' });
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('computes a value again when it has expired', async () => {
    const cache = open(openKeyv(options));
    const before = Date.now();
    await cache.set('long', 1, HOUR);
    expect(await cache.ttl('long')).toBeGreaterThanOrEqual(before + HOUR);
    await cache.set('short', 'old', 1);
    await vi.waitFor(async () => expect(await cache.get('short')).toBeUndefined());
    expect(await cache.ttl('short')).toBeUndefined();
    expect(await cache.wrap('short', () => 'new', HOUR)).toBe('new');
  });

  it('isolates namespaces that share one memory', async () => {
    const one = open(openKeyv({ ...options, namespace: 'one' }, 'manager'));
    const two = open(openKeyv({ ...options, namespace: 'two' }, 'manager'));
    await one.set('key', 1);
    await two.set('key', 2);
    await one.clear();
    expect(await one.get('key')).toBeUndefined();
    expect(await two.get('key')).toBe(2);
  });

  it('fills the first store from the second', async () => {
    const [first, second] = [openKeyv(options), openKeyv(options)];
    const cache = open(first, second);
    await cache.set('key', 'value');
    await first.clear();
    expect(await cache.get('key')).toBe('value');
    expect(await cache.wrap('key', () => 'never made')).toBe('value');
    expect(await first.get('key')).toBe('value');
  });
});

describe('cache-manager over a Keyv of ebbcache', () => {
  it('continues when a value cannot be stored', async () => {
    const keyv = openKeyv(raw);
    const onError = vi.fn();
    keyv.on('error', onError);
    const cache = open(keyv);
    await cache.set('key', () => 1);
    expect(onError.mock.calls).toEqual([[expect.any(EncodeError)]]);
    expect(await cache.get('key')).toBeUndefined();
  });
});
