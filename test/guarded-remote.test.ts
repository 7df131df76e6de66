// Tests a cache whose remote tier breaks its contract in every way.

import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RemoteTier, RemoteTierEvents } from '../lib/tiers/redis/index.js';
import { Caches } from './helpers/caches.js';

const caches = new Caches();
const METHODS = ['start', 'get', 'set', 'delete', 'clear', 'stats', 'flush', 'close'] as const;

type Answer = () => unknown;

/** Returns a tier whose every method returns this answer. */
function badTier(answer: Answer): RemoteTier & { events: RemoteTierEvents | undefined } {
  const tier: Record<string, unknown> = { events: undefined };
  for (const name of METHODS) tier[name] = () => answer();
  tier.start = (events: RemoteTierEvents) => {
    tier.events = events;
    return answer();
  };
  return tier as never;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

const answers: [string, Answer][] = [
  ['throws', () => fail(new Error('It failed.'))],
  ['throws no Error', () => fail(Object.create(null))],
  ['rejects', () => Promise.reject(new Error('It failed.'))],
  ['rejects with nothing', () => Promise.reject(undefined)],
  ['gives null', () => null],
  ['gives a string', () => 'text'],
  ['gives a number', () => 7],
  ['gives NaN', () => Number.NaN],
  ['gives an object', () => ({ connected: 'yes', errors: 'many', hits: -1 })],
  ['gives a promise of null', async () => null],
  ['gives bytes that are no entry', async () => Buffer.from('no entry')],
  ['gives an array buffer', async () => new ArrayBuffer(40)],
  ['gives shared bytes', async () => new Uint8Array(new SharedArrayBuffer(40))],
  ['gives detached bytes', async () => detached()],
  ['gives what looks like bytes', async () => new Proxy(new Uint8Array(40), {})],
  ['gives what throws when it is looked at', () => new Proxy({}, { get: () => fail(1) })],
  // biome-ignore lint/suspicious/noThenProperty: a tier may give such a thing.
  ['has a then that throws', () => ({ then: () => fail(new Error('It failed.')) })],
];

function fail(thrown: unknown): never {
  throw thrown;
}

describe.each(answers)('a remote tier that %s', (_, answer) => {
  it('causes a miss and a counted error, and nothing throws or rejects', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const cache = caches.make({ remote: badTier(answer), maxDiskSizeMb: 0 });
    const before = cache.getStats().tierErrors;
    expect(await cache.fetch(caches.file, () => ({ n: 1 }))).toEqual({ n: 1 });
    expect(cache.get(caches.file)).toEqual({ n: 1 });
    expect(cache.getStats().tierErrors).toBeGreaterThan(before);
    expect(cache.getStats()).toMatchObject({ remoteHits: 0, misses: 1 });
    expect(cache.put(caches.file, { n: 2 })).toBe(true);
    expect(cache.get(caches.file)).toEqual({ n: 2 });
    cache.invalidateFile(caches.file);
    expect(cache.get(caches.file)).toBeUndefined();
    cache.clearAll();
    await cache.flush();
    cache.shutdown();
    await turn();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});

describe('a remote tier', () => {
  it('is told to delete the key of a set that threw', () => {
    const deleted: unknown[] = [];
    const tier = badTier(() => undefined);
    tier.set = () => fail(new Error('It failed.'));
    tier.delete = (keys) => void deleted.push(...keys);
    caches.make({ remote: tier }).put(caches.file, { n: 1 });
    expect(deleted).toHaveLength(1);
  });

  it('may report invalid keys, and the valid ones are invalidated', () => {
    const tier = badTier(() => ({}));
    let key = '';
    tier.set = (given) => {
      key = given;
      return true;
    };
    const cache = caches.make({ remote: tier });
    const { events } = tier;
    for (const bad of [1, null, '', 'a'.repeat(1_000_000), '\ud800', {}]) {
      cache.put(caches.file, { n: 1 });
      const errors = cache.getStats().tierErrors;
      events?.onInvalidate([bad, key] as never);
      expect(cache.get(caches.file)).toBeUndefined();
      expect(cache.getStats().tierErrors).toBeGreaterThan(errors);
    }
    for (const bad of [null, 1, 'text', {}]) events?.onInvalidate(bad as never);
    expect(cache.get(join(caches.folder, 'other'))).toBeUndefined();
  });

  it('may report any value as its failure', () => {
    const tier = badTier(() => undefined);
    caches.make({ remote: tier });
    for (const bad of [undefined, null, 'text', 1, Object.create(null)]) {
      tier.events?.onFailure(bad as never);
    }
    expect(caches.logger.warn).toHaveBeenCalledTimes(5);
  });
});
