// Tests that each public function and method answers a bad argument with an error with a code and a sentence.

import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';
import * as extract from '../lib/extract/index.js';
import * as ebbcache from '../lib/index.js';
import * as redis from '../lib/tiers/redis/index.js';

const MIB = 1024 * 1024;
const { PressureLevel } = ebbcache;
const arena = new ebbcache.ArenaCache({ maxBytes: MIB });
const cache = new ebbcache.EnhancedMetadataCache({ maxDiskSizeMb: 0, maxMemoryMb: 1 });
const monitor = new ebbcache.MemoryPressureMonitor();
const keyv = new KeyvEbbcache({ maxBytes: MIB });
const file = join(import.meta.dirname, 'fixtures', 'images', 'harbour.jpg');
const make = () => ({ n: 1 });

afterAll(async () => {
  arena.close();
  cache.shutdown();
  ebbcache.shutdownEnhancedCache();
  ebbcache.configureGovernor();
  await keyv.disconnect();
});

/** A missing file is not an error of the argument. */
async function extractUnlessAbsent(path: never) {
  try {
    await extract.extractFile(path);
  } catch (error) {
    if (!(error instanceof extract.ExtractError)) throw error;
  }
}

const VALUES: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  'a number': 5,
  NaN: Number.NaN,
  text: 'text',
  'an object': {},
  'an array': [],
  'a list of numbers': [5],
  'a function': () => 1,
  'a symbol': Symbol('symbol'),
};

const LISTS = ['an array', 'a list of numbers'];

/** What takes the argument, and which of the values it takes. */
const CALLS: [string, (value: never) => unknown, (keyof typeof VALUES)[]][] = [
  // These are constructors, and functions of the package.
  ['new ArenaCache(options)', (value) => new ebbcache.ArenaCache(value), []],
  [
    'ArenaCache: disk',
    (disk) => new ebbcache.ArenaCache({ maxBytes: MIB, disk }).close(),
    ['undefined'],
  ],
  [
    'new AdvancedMetadataCache(options)',
    (value) => new ebbcache.AdvancedMetadataCache(value).shutdown(),
    ['undefined', 'an object'],
  ],
  [
    'new EnhancedMetadataCache(options)',
    (value) => new ebbcache.EnhancedMetadataCache(value).shutdown(),
    ['undefined', 'an object'],
  ],
  ['getEnhancedCache(options)', ebbcache.getEnhancedCache, ['undefined', 'an object']],
  ['configureGovernor(options)', ebbcache.configureGovernor, ['undefined', 'an object']],
  [
    'new MemoryPressureMonitor(options)',
    (value) => new ebbcache.MemoryPressureMonitor(value),
    ['undefined', 'an object'],
  ],
  ['pressureLevelName(level)', ebbcache.pressureLevelName, []],
  ['redisTier(options)', redis.redisTier, []],
  ['extractFile(path)', (path) => extractUnlessAbsent(path), ['text']],
  [
    'extractFile(path, options)',
    (options) => extract.extractFile(file, options),
    ['undefined', 'an object'],
  ],
  ['extractAll(paths)', (paths) => extract.extractAll(paths, { cache }).next(), ['an array']],
  [
    'extractAll(paths, options)',
    (options) => extract.extractAll([], options).next(),
    ['undefined', 'an object'],
  ],
  // These are the methods of ArenaCache.
  ['ArenaCache: get(key)', (key) => arena.get(key), ['text']],
  ['ArenaCache: getBytes(key)', (key) => arena.getBytes(key), ['text']],
  ['ArenaCache: getJson(key)', (key) => arena.getJson(key), ['text']],
  ['ArenaCache: peek(key)', (key) => arena.peek(key), ['text']],
  ['ArenaCache: has(key)', (key) => arena.has(key), ['text']],
  ['ArenaCache: getRemainingTtl(key)', (key) => arena.getRemainingTtl(key), ['text']],
  ['ArenaCache: delete(key)', (key) => arena.delete(key), ['text']],
  ['ArenaCache: getMany(keys)', (keys) => arena.getMany(keys), ['an array']],
  ['ArenaCache: set(key)', (key) => arena.set(key, 1), ['text']],
  ['ArenaCache: set(options)', (options) => arena.set('a', 1, options), ['undefined', 'an object']],
  ['ArenaCache: setBytes(key)', (key) => arena.setBytes(key, Buffer.of(1)), ['text']],
  ['ArenaCache: setBytes(bytes)', (bytes) => arena.setBytes('a', bytes), []],
  [
    'ArenaCache: setBytes(options)',
    (options) => arena.setBytes('a', Buffer.of(1), options),
    ['undefined', 'an object'],
  ],
  ['ArenaCache: setMany(entries)', (entries) => arena.setMany(entries), ['an array']],
  [
    'ArenaCache: setMany(options)',
    (options) => arena.setMany([], options),
    ['undefined', 'an object'],
  ],
  ['ArenaCache: fetch(key)', (key) => arena.fetch(key, make), ['text']],
  ['ArenaCache: fetch(load)', (load) => arena.fetch('absent', load), ['a function']],
  [
    'ArenaCache: fetch(options)',
    (options) => arena.fetch('b', make, options),
    ['undefined', 'an object'],
  ],
  ['ArenaCache: resize(maxBytes)', (bytes) => arena.resize(bytes), []],
  ['ArenaCache: shrink(bytes)', (bytes) => arena.shrink(bytes), ['a number']],
  ['ArenaCache: applyPressure(level)', (level) => arena.applyPressure(level), []],
  ['ArenaCache: holdPressure(level)', (level) => arena.holdPressure(level), []],
  // These are the methods of the caches of metadata.
  ['get(path)', (path) => cache.get(path), ['text']],
  ['get(tier)', (tier) => cache.get(file, tier), ['undefined', 'text']],
  ['getMany(paths)', (paths) => cache.getMany(paths), ['an array']],
  ['getMany(tier)', (tier) => cache.getMany([file], tier), ['undefined', 'text']],
  ['getJson(path)', (path) => cache.getJson(path), ['text']],
  ['getJson(tier)', (tier) => cache.getJson(file, tier), ['undefined', 'text']],
  ['peek(path)', (path) => cache.peek(path), ['text']],
  ['peek(tier)', (tier) => cache.peek(file, tier), ['undefined', 'text']],
  ['has(path)', (path) => cache.has(path), ['text']],
  ['has(tier)', (tier) => cache.has(file, tier), ['undefined', 'text']],
  ['put(path)', (path) => cache.put(path, {}), ['text']],
  [
    'put(tier or options)',
    (given) => cache.put(file, {}, given),
    ['undefined', 'text', 'an object'],
  ],
  ['put(time)', (time) => cache.put(file, {}, 'text', time), ['undefined', 'a number']],
  ['fetch(path)', (path) => cache.fetch(path, make), ['text']],
  ['fetch(extract)', (load) => cache.fetch('absent.jpg', load), []],
  ['fetch(options)', (options) => cache.fetch(file, make, options), ['undefined', 'an object']],
  ['invalidateFile(path)', (path) => cache.invalidateFile(path), ['text']],
  ['invalidateFile(tier)', (tier) => cache.invalidateFile(file, tier), ['undefined', 'text']],
  ['resize(sizes)', (sizes) => cache.resize(sizes), ['undefined', 'an object']],
  ['invalidateFolder(path)', (path) => cache.invalidateFolder(path), ['text']],
  ['warmCache(paths)', (paths) => cache.warmCache(paths, make), ['an array']],
  ['warmCache(extract)', (load) => cache.warmCache([], load), ['a function']],
  [
    'warmCache(options)',
    (options) => cache.warmCache([], make, options),
    ['undefined', 'an object'],
  ],
  ['applyPressure(level)', (level) => cache.applyPressure(level), []],
  // These are the methods of the monitor.
  [
    'getAveragePressure(seconds)',
    (seconds) => monitor.getAveragePressure(seconds),
    ['undefined', 'a number'],
  ],
  [
    'registerPressureCallback(level)',
    (level) => monitor.registerPressureCallback(level, () => {}),
    [],
  ],
  [
    'registerPressureCallback(callback)',
    (callback) => monitor.registerPressureCallback(PressureLevel.HIGH, callback),
    ['a function'],
  ],
  // These are the methods of Keyv's store. Its `has` and its reads of lists treat a bad key as a miss, with an
  // 'error' event.
  ['new KeyvEbbcache(options)', (value) => new KeyvEbbcache(value), []],
  ['KeyvEbbcache: get(key)', (key) => keyv.get(key), ['text']],
  ['KeyvEbbcache: has(key)', (key) => keyv.has(key), Object.keys(VALUES)],
  ['KeyvEbbcache: getMany(keys)', (keys) => keyv.getMany(keys), LISTS],
  ['KeyvEbbcache: hasMany(keys)', (keys) => keyv.hasMany(keys), LISTS],
  ['KeyvEbbcache: set(key)', (key) => keyv.set(key, 1), ['text']],
  ['KeyvEbbcache: set(ttl)', (ttl) => keyv.set('a', 1, ttl), ['undefined', 'null', 'a number']],
  ['KeyvEbbcache: setMany(entries)', (entries) => keyv.setMany(entries), ['an array']],
  ['KeyvEbbcache: delete(key)', (key) => keyv.delete(key), ['text']],
  ['KeyvEbbcache: deleteMany(keys)', (keys) => keyv.deleteMany(keys), ['an array']],
  [
    'KeyvEbbcache: iterator(namespace)',
    (namespace) => keyv.iterator(namespace).next(),
    ['undefined', 'text'],
  ],
  [
    'KeyvEbbcache: namespace',
    (namespace) => {
      keyv.namespace = namespace;
    },
    ['undefined', 'text'],
  ],
];

const outcomeOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
    return 'accepted';
  } catch (error) {
    return error;
  }
};

describe.each(CALLS)('%s', (_, call, accepted) => {
  it.each(Object.keys(VALUES))('accepts %s or throws a typed error', async (name) => {
    const outcome = await outcomeOf(() => call(VALUES[name] as never));
    if (accepted.includes(name)) {
      expect(outcome).toBe('accepted');
      return;
    }
    expect(outcome).toMatchObject({
      code: 'ERR_EBBCACHE_ARGUMENT',
      name: expect.stringMatching(/^(Type|Range)Error$/),
      message: expect.stringMatching(/^\S.{10,}\.$/s),
    });
  });
});

/** They take no argument, or any. */
const WITHOUT = new Set([
  ...['constructor', 'clear', 'flush', 'keys', 'entries', 'stats', 'close', 'clearAll', 'getStats'],
  ...['shutdown', 'assertOpen', 'whileOpen', 'getDetailedInfo', 'getMemoryStatus', 'disconnect'],
  ...['startMonitoring', 'stopMonitoring', 'sample', 'getCurrentStats', 'getHistory', 'getSummary'],
  ...['isUnderPressure', 'isCriticalPressure', 'getAvailableMemoryMb', 'getEvictionTargetMb'],
  ...['getGlobalMonitor', 'shutdownMonitoring', 'shutdownEnhancedCache', 'getGovernorStatus'],
  ...['nativeApi', 'removeAllListeners'],
]);

describe('the table of calls with bad arguments', () => {
  const labels = CALLS.map(([label]) => label).join('\n');

  it('lists every exported function and class except errors', () => {
    const exported = { ...ebbcache, ...extract, ...redis, KeyvEbbcache };
    const names = Object.entries(exported)
      .filter(([name, value]) => typeof value === 'function' && !/Error$/.test(name))
      .map(([name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !WITHOUT.has(name) && !labels.includes(`${name}(`))).toEqual([]);
  });

  it.each([
    ['ArenaCache', ebbcache.ArenaCache, /^ArenaCache: /],
    ['AdvancedMetadataCache', ebbcache.AdvancedMetadataCache, /^\w+\(/],
    ['EnhancedMetadataCache', ebbcache.EnhancedMetadataCache, /^\w+\(/],
    ['MemoryPressureMonitor', ebbcache.MemoryPressureMonitor, /^\w+\(/],
    ['KeyvEbbcache', KeyvEbbcache, /^KeyvEbbcache: /],
  ])('lists every method of %s', (_, { prototype }, own) => {
    const listed = CALLS.map(([label]) => label).filter((label) => own.test(label));
    const methods = Object.getOwnPropertyNames(prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === 'function',
    );
    const missing = methods.filter(
      (name) => !WITHOUT.has(name) && !listed.some((label) => label.includes(`${name}(`)),
    );
    expect(missing).toEqual([]);
  });
});
