// Tests KeyvEbbcache with a disk tier.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  keyvApiTests,
  keyvIteratorTests,
  keyvNamespaceTest,
  keyvValueTests,
} from '@keyv/test-suite';
import { Keyv } from 'keyv';
import * as vitest from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';
import type { ArenaCacheOptions } from '../lib/arena/arena-options.js';

const { afterAll, afterEach, describe, expect, it, vi } = vitest;

const KIB = 1024;
const MIB = 1024 * KIB;
const folder = mkdtempSync(join(tmpdir(), 'ebbcache-keyv-'));
const opened: KeyvEbbcache[] = [];

/** The store is closed after the test, and ignores the memory pressure of the machine that runs it. */
function open(dir: string, options: Partial<ArenaCacheOptions> = {}): KeyvEbbcache {
  const disk = { dir: join(folder, dir), maxBytes: 8 * MIB };
  const store = new KeyvEbbcache({ maxBytes: MIB, ebb: false, disk, ...options });
  opened.push(store);
  return store;
}

afterEach(() => {
  for (const store of opened.splice(0)) store[Symbol.dispose]();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const suites: [string, () => KeyvEbbcache][] = [
  ['memory', () => open('suite')],
  // Memory is so small that most reads come from the disk.
  ['hardly any memory', () => open('small', { maxBytes: 64 * KIB, maxEntries: 1 })],
];

describe.each(suites)("Keyv's own tests of stores, on disk with %s", (_, store) => {
  // Each suite has a group of its own, because its hooks would run around the tests of others.
  describe('api', () => keyvApiTests(vitest, Keyv, store));
  describe('values', () => keyvValueTests(vitest, Keyv, store));
  describe('namespaces', () => keyvNamespaceTest(vitest, Keyv, store));
  describe('iterator', () => keyvIteratorTests(vitest, Keyv, store));
});

describe('a Keyv with a disk tier', () => {
  it('finds what an earlier one has set, in its namespace', async () => {
    const long = 'k'.repeat(70_000);
    for (const namespace of ['one', 'two']) {
      const keyv = new Keyv({ store: open('restart'), namespace });
      await keyv.set('key', namespace);
      await keyv.set(long, { namespace });
      await keyv.set('short', 1, 1);
      await keyv.disconnect();
    }
    const store = open('restart');
    const keyv = new Keyv({ store, namespace: 'two' });
    expect(await keyv.get(['key', long])).toEqual(['two', { namespace: 'two' }]);
    await vi.waitFor(async () => expect(await keyv.get('short')).toBeUndefined());
    const keys: string[] = [];
    for await (const [key] of store.iterator('two')) keys.push(key);
    expect(keys.sort()).toEqual(['two:key', `two:${long}`]);
    await keyv.clear();
    expect(await keyv.get('key')).toBeUndefined();
    const other = new Keyv({ store: open('restart'), namespace: 'one' });
    expect(await other.get(['key', long])).toEqual(['one', { namespace: 'one' }]);
  });

  it('continues in memory where the disk cannot be used, and the process is warned', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const disk = { dir: import.meta.filename, maxBytes: MIB };
    const keyv = new Keyv({ store: open('none', { disk }) });
    await vi.waitFor(() => expect(emitWarning).toHaveBeenCalledTimes(1));
    expect(await keyv.set('key', 1)).toBe(true);
    expect(await keyv.get('key')).toBe(1);
    emitWarning.mockRestore();
  });
});
