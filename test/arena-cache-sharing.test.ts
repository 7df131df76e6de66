// Tests how ArenaCaches are closed and shared by name, and compares one with a model.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaCache, type ArenaCacheOptions, ClosedError, EbbcacheError } from '../lib/index.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { callsWithKey, thrownBy } from './helpers/refusals.js';
import { packageUrl } from './helpers/run-script.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const open = openedArenas();

describe('a closed ArenaCache', () => {
  it('throws a ClosedError from every call but close', () => {
    const cache = open<number>();
    for (let i = 0; i < 1000; i++) cache.set(`key${i}`, i);
    const started = cache.keys();
    started.next();
    cache.close();
    const calls = [
      ...callsWithKey(cache as ArenaCache, 'a'),
      () => cache.clear(),
      () => cache.size,
      () => cache.keys(),
      () => cache.entries(),
      () => cache.resize(MIB),
      () => cache.shrink(1),
      () => cache.stats(),
    ];
    for (const call of calls) {
      const error = thrownBy(call);
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({ code: 'ERR_EBBCACHE_CLOSED', name: 'ClosedError' });
    }
    expect(() => [...started]).toThrow(ClosedError);
    expect(() => cache.close()).not.toThrow();
    expect(() => cache[Symbol.dispose]()).not.toThrow();
  });

  it('is closed at the end of a using block', () => {
    let outer: ArenaCache<number>;
    {
      using cache = open<number>();
      cache.set('a', 1);
      outer = cache;
    }
    expect(() => outer.get('a')).toThrow(ClosedError);
  });

  it('throws a ClosedError from a set whose value closed it in a getter', () => {
    const cache = open<unknown>();
    const closing = {
      get now() {
        cache.close();
        return 1;
      },
    };
    expect(() => cache.set('a', closing)).toThrow(ClosedError);
  });
});

describe('ArenaCaches with a name', () => {
  it('share one store until the last of them is closed', () => {
    const first = open<number>({ name: 'shared' });
    const second = open<number>({ name: 'shared' });
    const other = open<number>({ name: 'other' });
    const unnamed = open<number>();
    first.set('a', 1);
    expect(second.get('a')).toBe(1);
    expect(other.has('a')).toBe(false);
    expect(unnamed.has('a')).toBe(false);
    first.close();
    first.close();
    expect(second.get('a')).toBe(1);
    second.close();
    expect(open<number>({ name: 'shared' }).has('a')).toBe(false);
  });

  it.each<[string, Partial<ArenaCacheOptions>]>([
    ['maxBytes', { maxBytes: 2 * MIB }],
    ['maxEntries', { maxEntries: 5 }],
    ['policy', { policy: 's3fifo' }],
    ['ttl', { ttl: 5 }],
    ['ebb', { ebb: true }],
    ['minBytes', { minBytes: 5 }],
  ])('refuse to be opened with other %s', (_, others) => {
    const first = open<number>({ name: 'agreed' });
    const error = thrownBy(() => open({ name: 'agreed', ...others }));
    expect(error).toBeInstanceOf(EbbcacheError);
    expect(error).toMatchObject({ code: 'ERR_EBBCACHE_OPEN', name: 'EbbcacheError' });
    expect((error as Error).message).toMatch(
      /^The store 'agreed' is open .+ other options\. .+\.$/,
    );
    expect(first.set('a', 1)).toBe(true);
  });

  it('share one store across threads', async () => {
    const cache = open<unknown>({ name: 'threads', ebb: false });
    cache.set('from main', { when: new Date(5), many: new Map([[1, 2n]]) });
    const worker = new Worker(
      `import(${JSON.stringify(packageUrl)}).then(({ ArenaCache }) => {
        const { parentPort } = require('node:worker_threads');
        const cache = new ArenaCache({ maxBytes: ${MIB}, name: 'threads', ebb: false });
        parentPort.postMessage(cache.get('from main'));
        for (let i = 0; i < 100; i++) cache.set('worker' + i, i);
      });`,
      { eval: true },
    );
    const [[message], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(message).toEqual({ when: new Date(5), many: new Map([[1, 2n]]) });
    expect(code).toBe(0);
    for (let i = 0; i < 100; i++) expect(cache.get(`worker${i}`)).toBe(i);
    expect(cache.stats()).toMatchObject({ entries: 101, puts: 101, hits: 101 });
  });
});

describe('an ArenaCache under random calls', () => {
  const key = fc.integer({ min: 0, max: 60 }).map((n) => `key${n}`);
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.array(fc.string()),
    fc.integer({ min: 0, max: 9000 }).map((length) => 'x'.repeat(length)),
  );
  const action = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value }),
    fc.record({ kind: fc.constantFrom('get', 'peek', 'has', 'delete'), key }),
  );
  const policy = fc.constantFrom('lru' as const, 's3fifo' as const);

  it('behaves as a Map while nothing needs to be evicted', () => {
    fc.assert(
      fc.property(policy, fc.array(action, { maxLength: 200 }), (policy, actions) => {
        using cache = new ArenaCache<unknown>({ maxBytes: 8 * MIB, policy, ebb: false });
        const model = new Map<string, unknown>();
        for (const step of actions) {
          if ('value' in step) {
            expect(cache.set(step.key, step.value)).toBe(true);
            model.set(step.key, step.value);
          } else if (step.kind === 'delete') {
            expect(cache.delete(step.key)).toBe(model.delete(step.key));
          } else if (step.kind === 'has') {
            expect(cache.has(step.key)).toBe(model.has(step.key));
          } else {
            expect(cache[step.kind as 'get' | 'peek'](step.key)).toEqual(model.get(step.key));
          }
        }
        expect(new Map(cache.entries())).toEqual(model);
        expect(cache.size).toBe(model.size);
      }),
      { numRuns: 100 },
    );
  });

  it('never returns a value that is not the last one set', () => {
    const budget = fc.integer({ min: 64 * KIB, max: 256 * KIB });
    fc.assert(
      fc.property(
        budget,
        policy,
        fc.array(action, { maxLength: 400 }),
        (maxBytes, policy, steps) => {
          using cache = new ArenaCache<unknown>({ maxBytes, policy, ebb: false });
          const model = new Map<string, unknown>();
          for (const step of steps) {
            if ('value' in step) {
              if (cache.set(step.key, step.value)) model.set(step.key, step.value);
              expect(cache.peek(step.key)).toEqual(model.get(step.key));
            } else if (step.kind === 'delete') {
              if (cache.delete(step.key)) expect(model.has(step.key)).toBe(true);
              model.delete(step.key);
            } else if (step.kind === 'has') {
              if (cache.has(step.key)) expect(model.has(step.key)).toBe(true);
            } else {
              const found = cache[step.kind as 'get' | 'peek'](step.key);
              if (found !== undefined) expect(found).toEqual(model.get(step.key));
            }
            const { heldBytes, budgetBytes } = cache.stats();
            expect(heldBytes).toBeLessThanOrEqual(budgetBytes);
          }
          for (const [key, found] of cache.entries()) expect(found).toEqual(model.get(key));
        },
      ),
      { numRuns: 100 },
    );
  });
});
