// Tests that everything that takes options refuses a misspelled one, with the name that was meant.

import { join } from 'node:path';
import { Keyv } from 'keyv';
import { afterAll, describe, expect, it } from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';
import { checkNames, optionNames } from '../lib/checks/option-names.js';
import { extractAll, extractFile } from '../lib/extract/index.js';
import {
  AdvancedMetadataCache,
  ArenaCache,
  configureGovernor,
  EnhancedMetadataCache,
  getEnhancedCache,
  MemoryPressureMonitor,
} from '../lib/index.js';
import { redisTier } from '../lib/tiers/redis/index.js';

const MIB = 1024 * 1024;
const arena = new ArenaCache({ maxBytes: MIB });
const cache = new AdvancedMetadataCache({ maxDiskSizeMb: 0, maxMemoryMb: 1 });
const file = join(import.meta.dirname, 'fixtures', 'images', 'harbour.jpg');

afterAll(() => {
  arena.close();
  cache.shutdown();
});

/** What takes options, a wrong name, and what the error says. */
const CALLS: [string, (options: never) => unknown, object, string][] = [
  [
    'ArenaCache',
    (options) => new ArenaCache(options),
    { maxBytes: MIB, maxEntry: 5 },
    'maxEntry is no option of ArenaCache. Did you mean maxEntries?',
  ],
  [
    'its disk',
    (disk) => new ArenaCache({ maxBytes: MIB, disk }),
    { dir: 'unused', maxbytes: MIB, maxBytes: MIB },
    'maxbytes is no option of disk. Did you mean maxBytes?',
  ],
  [
    'set',
    (options) => arena.set('key', 1, options),
    { TTL: 5 },
    'TTL is no option of set. Did you mean ttl?',
  ],
  [
    'setBytes',
    (options) => arena.setBytes('key', Buffer.of(1), options),
    { costs: 5 },
    'costs is no option of set. Did you mean cost?',
  ],
  [
    'setMany',
    (options) => arena.setMany([], options),
    { ttlSeconds: 5 },
    'ttlSeconds is no option of set. Its options are ttl, cost.',
  ],
  [
    "ArenaCache's fetch",
    (options) => arena.fetch('absent', () => 1, options),
    { signals: undefined, signall: 1 },
    'signall is no option of fetch. Did you mean signal?',
  ],
  [
    'AdvancedMetadataCache',
    (options) => new AdvancedMetadataCache(options),
    { monitor: undefined, cacheTtl: 5 },
    'cacheTtl is no option of AdvancedMetadataCache. Did you mean cacheTtlHours?',
  ],
  [
    'EnhancedMetadataCache',
    (options) => new EnhancedMetadataCache(options),
    { maxMemoryMB: 5 },
    'maxMemoryMB is no option of EnhancedMetadataCache. Did you mean maxMemoryMb?',
  ],
  [
    'getEnhancedCache',
    (options) => getEnhancedCache(options),
    { maxDiscSizeMb: 5 },
    'maxDiscSizeMb is no option of EnhancedMetadataCache. Did you mean maxDiskSizeMb?',
  ],
  [
    'put',
    (options) => cache.put(file, {}, options),
    { ttl: 5 },
    'ttl is no option of put. Did you mean ttlSeconds?',
  ],
  [
    "a metadata cache's fetch",
    (options) => cache.fetch(file, () => ({}), options),
    { teir: 'quick' },
    'teir is no option of fetch. Did you mean tier?',
  ],
  [
    'warmCache',
    (options) => cache.warmCache([], () => ({}), options),
    { concurency: 5 },
    'concurency is no option of warmCache. Did you mean concurrency?',
  ],
  [
    'MemoryPressureMonitor',
    (options) => new MemoryPressureMonitor(options),
    { sampleIntervalSecs: 5 },
    'sampleIntervalSecs is no option of MemoryPressureMonitor. Did you mean sampleIntervalSeconds?',
  ],
  [
    'configureGovernor',
    (options) => configureGovernor(options),
    { highTreshold: 5 },
    'highTreshold is no option of configureGovernor. Did you mean highThreshold?',
  ],
  [
    'redisTier',
    (options) => redisTier(options),
    { url: 'redis://localhost', 'key-prefix': 'a' },
    '"key-prefix" is no option of redisTier. Did you mean keyPrefix?',
  ],
  [
    'KeyvEbbcache',
    (options) => new KeyvEbbcache(options),
    { maxBytes: MIB, namespace: 'a' },
    'namespace is no option of KeyvEbbcache. Its options are maxBytes, maxEntries, policy, ttl, ' +
      'name, ebb, minBytes, codec, hotValues, disk.',
  ],
  [
    'extractFile',
    (options) => extractFile(file, options),
    { abort: 5 },
    'abort is no option of extractFile. Its only option is signal.',
  ],
  [
    'extractAll',
    (options) => extractAll([], options).next(),
    { cache, parallel: 5 },
    'parallel is no option of extractAll. Its options are cache, tier, refresh, concurrency, ' +
      'signal, onProgress, onSkip.',
  ],
];

describe('an unknown option name', () => {
  it.each(CALLS)('is refused by %s', async (_, call, options, message) => {
    const refused = { name: 'TypeError', code: 'ERR_EBBCACHE_ARGUMENT' };
    const error: Error = await (async () => call(options as never))().then(
      () => new Error('It was accepted.'),
      (reason) => reason,
    );
    expect(error).toMatchObject(refused);
    // The tables grow with the options.
    expect(error.message.startsWith(message.replace(/\.$/, ''))).toBe(true);
  });

  it('is accepted with undefined as its value, as if it were absent', () => {
    const options = { maxBytes: MIB, maxMemoryMb: undefined } as { maxBytes: number };
    expect(() => new ArenaCache(options).close()).not.toThrow();
  });

  it('is refused also where Object.prototype has it, but never where it is inherited', () => {
    const names = optionNames<{ size: number }>('it', { size: true });
    const check = (options: object) => () => checkNames(options as { size: number }, names);
    expect(check({ toString: 5 })).toThrow('toString is no option of it. Its only option is size.');
    expect(check(Object.create({ other: 5 }))).not.toThrow();
    expect(check({ size: 5, [Symbol('other')]: 5 })).not.toThrow();
  });

  it('is truncated in the message where it is long, and compared with none', () => {
    const names = optionNames<{ size: number }>('it', { size: true });
    const long = 'size'.repeat(100_000);
    expect(() => checkNames({ [long]: 1 } as never, names)).toThrow(
      `"${'size'.repeat(15)}" is no option of it. Its only option is size.`,
    );
  });
});

it('the options of one Keyv store can be used for another', async () => {
  const store = new KeyvEbbcache({ maxBytes: MIB });
  const another = new KeyvEbbcache(store.opts);
  const keyv = new Keyv({ store: another, namespace: 'a', ttl: 60_000 });
  await keyv.set('key', 1);
  expect(await keyv.get('key')).toBe(1);
  await Promise.all([store.disconnect(), another.disconnect()]);
});
