// Compares ArenaCache with a Map, under random sequences of all its calls.
// Properties are tried on more random inputs with EBBCACHE_FULL=1.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import type { EvictionPolicy } from '../lib/arena/arena-options.js';
import { sized } from './helpers/full-size.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the cache must hold; `exact` while nothing has had to be evicted. */
type Codec = 'compact' | 'msgpack';

interface Model {
  readonly values: Map<string, unknown>;
  readonly exact: boolean;
  readonly codec: Codec;
}

type Cache = ArenaCache<unknown>;
type Command = fc.Command<Model, Cache>;

/** A value read is the last one set; a miss is allowed where something may have been evicted. */
function expectRead(model: Model, key: string, found: unknown) {
  if (found === undefined && !model.exact) model.values.delete(key);
  expect(found).toEqual(model.values.get(key));
}

/** The keys and values of a scan, checked for those visited twice. */
function scanned(cache: Cache): Map<string, unknown> {
  const entries = [...cache.entries()];
  const found = new Map(entries);
  expect(found.size).toBe(entries.length);
  expect([...cache.keys()].sort()).toEqual([...found.keys()].sort());
  return found;
}

function expectScan(model: Model, cache: Cache) {
  const found = scanned(cache);
  if (model.exact) expect(found.size).toBe(model.values.size);
  for (const key of [...model.values.keys()]) {
    if (!found.has(key)) model.values.delete(key);
  }
  expect(found).toEqual(model.values);
  expect(cache.size).toBe(model.values.size);
  let payload = 0;
  for (const key of found.keys()) payload += Buffer.byteLength(key) + cache.getBytes(key)!.length;
  // Most values of the other form take fewer bytes.
  if (model.codec === 'msgpack') expect(cache.stats().payloadBytes).toBe(payload);
  else expect(cache.stats().payloadBytes).toBeLessThanOrEqual(payload);
}

function command(name: string, run: (model: Model, cache: Cache) => void): Command {
  return {
    check: () => true,
    run(model, cache) {
      run(model, cache);
      const { heldBytes, budgetBytes, maxBytes, entries } = cache.stats();
      expect(heldBytes).toBeLessThanOrEqual(budgetBytes);
      expect(budgetBytes).toBe(maxBytes);
      if (model.exact) expect(entries).toBe(model.values.size);
    },
    toString: () => name,
  };
}

function set(key: string, value: unknown): Command {
  return command(`set(${fc.stringify(key)}, ${fc.stringify(value)})`, (model, cache) => {
    const stored = cache.set(key, value);
    if (stored) model.values.set(key, value);
    if (model.exact) expect(stored).toBe(true);
    expectRead(model, key, cache.peek(key));
    if (stored) expect(cache.has(key)).toBe(true);
  });
}

const get = (key: string) =>
  command(`get(${fc.stringify(key)})`, (model, cache) => {
    const { hits, misses } = cache.stats();
    const found = cache.get(key);
    expectRead(model, key, found);
    const hit = found === undefined ? 0 : 1;
    expect(cache.stats()).toMatchObject({ hits: hits + hit, misses: misses + 1 - hit });
  });

const peek = (key: string) =>
  command(`peek(${fc.stringify(key)})`, (model, cache) => {
    const { hits, misses } = cache.stats();
    expectRead(model, key, cache.peek(key));
    expect(cache.stats()).toMatchObject({ hits, misses });
  });

const has = (key: string) =>
  command(`has(${fc.stringify(key)})`, (model, cache) => {
    if (!cache.has(key) && !model.exact) model.values.delete(key);
    expect(cache.has(key)).toBe(model.values.has(key));
  });

const remove = (key: string) =>
  command(`delete(${fc.stringify(key)})`, (model, cache) => {
    const removed = cache.delete(key);
    const expected = model.values.delete(key);
    if (model.exact || removed) expect(removed).toBe(expected);
    expect(cache.has(key)).toBe(false);
  });

const clear = () =>
  command('clear()', (model, cache) => {
    cache.clear();
    model.values.clear();
    expect(cache.stats()).toMatchObject({ entries: 0, payloadBytes: 0 });
  });

const scan = () => command('entries()', expectScan);

/** Changes other entries between the steps of an iteration: those that stay are visited once. */
const scanAndChange = (changed: string[]) =>
  command(`keys() with changes of ${fc.stringify(changed)}`, (model, cache) => {
    for (const key of [...model.values.keys()]) {
      if (!cache.has(key) && !model.exact) model.values.delete(key);
    }
    const staying = new Set([...model.values.keys()].filter((key) => !changed.includes(key)));
    const visited: string[] = [];
    let step = 0;
    for (const key of cache.keys()) {
      visited.push(key);
      const other = changed[step % changed.length]!;
      if (step % 3 === 2) {
        cache.delete(other);
        model.values.delete(other);
      } else if (cache.set(other, step)) {
        model.values.set(other, step);
      }
      step++;
    }
    const once = visited.filter((key) => staying.has(key) && (model.exact || cache.has(key)));
    expect(new Set(once).size).toBe(once.length);
    for (const key of staying) {
      if (model.exact || cache.has(key)) expect(once).toContain(key);
    }
  });

const resize = (maxBytes: number) =>
  command(`resize(${maxBytes})`, (_, cache) => {
    cache.resize(maxBytes);
    expect(cache.stats().maxBytes).toBe(maxBytes);
  });

const shrink = (bytes: number) =>
  command(`shrink(${bytes})`, (_, cache) => {
    const held = cache.stats().heldBytes;
    const released = cache.shrink(bytes);
    expect(cache.stats().heldBytes).toBe(held - released);
  });

const key = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 40 }).map((n) => `key${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('a', '\0', 'é', '日本', '😀', 'k'.repeat(3000)) },
);

const bytes = fc.uint8Array({ maxLength: 300 });
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53),
  fc.integer(),
  // -0 is left out, because it is decoded as 0.
  fc.double().map((n) => n + 0),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.date({ noInvalidDate: true }),
);
const typed = fc.oneof(
  bytes,
  bytes.map((each) => Buffer.from(each)),
  fc.float64Array({ maxLength: 20 }),
  fc.int16Array({ maxLength: 20 }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    typed,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 6, noNullPrototype: true }),
    fc.array(fc.tuple(scalar, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(scalar, { maxLength: 6 }).map((items) => new Set(items)),
  ),
}));
/** The sizes are of every order of magnitude, past the read buffer's 64 KiB. */
const large = fc
  .tuple(fc.integer({ min: 0, max: 17 }), fc.nat({ max: 1000 }))
  .map(([order, more]) => 'x'.repeat(2 ** order + more));

const anySet = fc.tuple(key, fc.oneof(value, value, large)).map(([key, value]) => set(key, value));
/** Each command is as frequent as its weight says. */
function weighted(...choices: [number, fc.Arbitrary<Command>][]): fc.Arbitrary<Command>[] {
  return choices.flatMap(([weight, arbitrary]) => Array(weight).fill(arbitrary));
}

const common = weighted(
  [8, anySet],
  [4, key.map(get)],
  [2, key.map(peek)],
  [2, key.map(has)],
  [2, key.map(remove)],
  [1, fc.constant(scan())],
  [1, fc.array(key, { minLength: 1, maxLength: 4 }).map(scanAndChange)],
);
const policy = fc.constantFrom<EvictionPolicy>('lru', 's3fifo');
const codec = fc.constantFrom<Codec>('compact', 'msgpack');

function runCommands(
  { policy, codec }: { policy: EvictionPolicy; codec: Codec },
  maxBytes: number,
  exact: boolean,
  commands: Iterable<Command>,
) {
  using cache: Cache = new ArenaCache({ maxBytes, policy, codec, ebb: false });
  const model: Model = { values: new Map(), exact, codec };
  fc.modelRun(() => ({ model, real: cache }), commands);
  expectScan(model, cache);
}

describe('an ArenaCache under random commands', () => {
  it('behaves as a Map while everything fits, at any size', () => {
    const anySize = fc.integer({ min: 24, max: 30 }).map((n) => resize(2 ** n));
    const commands = fc.commands([...common, anySize], { maxCommands: 150, size: 'max' });
    fc.assert(
      fc.property(policy, codec, commands, (policy, codec, commands) => {
        runCommands({ policy, codec }, 16 * MIB, true, commands);
      }),
      { numRuns: sized(80, 25) },
    );
  });

  it('may lose entries, but never returns another value, while it is cleared, resized and shrunk', () => {
    const upkeep = [
      fc.constant(clear()),
      fc.integer({ min: 64 * KIB, max: 2 * MIB }).map(resize),
      fc.integer({ min: 0, max: MIB }).map(shrink),
    ];
    const commands = fc.commands([...common, ...upkeep], { maxCommands: 300, size: 'max' });
    const budget = fc.integer({ min: 64 * KIB, max: MIB });
    fc.assert(
      fc.property(policy, codec, budget, commands, (policy, codec, maxBytes, commands) => {
        runCommands({ policy, codec }, maxBytes, false, commands);
      }),
      { numRuns: sized(80, 25) },
    );
  });
});
