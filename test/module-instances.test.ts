// Tests instances of the package's JavaScript that share one addon in one environment, as in two bundles or in a
// test runner that isolates modules.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withTempFolder } from './helpers/temp-folder.js';

const MIB = 1024 * 1024;
const open: { close(): void }[] = [];

/** Imports an instance that shares no module state with any other. */
async function instance() {
  vi.resetModules();
  const [arena, local, files, governor, native] = await Promise.all([
    import('../lib/arena/arena-cache.js'),
    import('../lib/tiers/local-records.js'),
    import('../lib/files/file-state.js'),
    import('../lib/memory/governor.js'),
    import('../lib/native/addon.js'),
  ]);
  const cache = new arena.ArenaCache<unknown>({ maxBytes: 64 * MIB, ebb: false });
  const records = new local.LocalRecords({ maxBytes: 64 * MIB, ebb: false });
  open.push(cache, records.arena);
  return { cache, records, ...files, ...governor, ...native };
}

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

describe('two instances of the module over one addon', () => {
  it('each read and write their own values', async () => {
    const [a, b] = [await instance(), await instance()];
    expect(a.native).toBe(b.native);
    expect(a.cache.constructor).not.toBe(b.cache.constructor);
    const sizes = [1, 100, 60_000, 70_000, 700_000, 3 * MIB, 5];
    for (const size of sizes) {
      a.cache.set('key', { of: 'a', text: 'a'.repeat(size) });
      b.cache.set('key', { of: 'b', text: 'b'.repeat(size) });
      for (const other of sizes) {
        b.cache.set('other', 'x'.repeat(other));
        expect(a.cache.get('key')).toEqual({ of: 'a', text: 'a'.repeat(size) });
        expect(b.cache.getMany(['key', 'other'])).toEqual([
          { of: 'b', text: 'b'.repeat(size) },
          'x'.repeat(other),
        ]);
        a.cache.set('key', { of: 'a', text: 'a'.repeat(size) });
        expect(a.cache.setMany([['many', size]])).toEqual([true]);
        expect(a.cache.get('many')).toBe(size);
        b.cache.setBytes('bytes', Buffer.alloc(other, 1));
        expect(a.cache.peek('key')).toEqual({ of: 'a', text: 'a'.repeat(size) });
        expect(b.cache.getBytes('bytes')?.equals(Buffer.alloc(other, 1))).toBe(true);
      }
    }
  });

  it('may get and set during a set of the other', async () => {
    const [a, b] = [await instance(), await instance()];
    b.cache.set('theirs', 'before');
    const value = {
      first: 1,
      get second() {
        b.cache.set('theirs', 'of the getter');
        return b.cache.get('theirs');
      },
      third: 'after',
    };
    expect(a.cache.set('key', value)).toBe(true);
    expect(a.cache.get('key')).toEqual({ first: 1, second: 'of the getter', third: 'after' });
    expect(b.cache.get('theirs')).toBe('of the getter');
  });

  it('see the states of the files that they ask for', async () => {
    const [a, b] = [await instance(), await instance()];
    await withTempFolder(async (folder) => {
      const paths = ['one', 'two'].map((name) => join(folder, name));
      for (const [i, path] of paths.entries()) writeFileSync(path, 'x'.repeat(i + 1));
      const [one, two] = [a.fileState(paths[0]!)!, b.fileState(paths[1]!)!];
      expect(one).not.toBe(two);
      expect(a.fileState(paths[0]!)).toBe(one);
      b.fileState(join(folder, 'absent'));
      expect(b.whyNoState(folder)).toContain('folder');
      for (const [each, path, state] of [
        [a, paths[0]!, one],
        [b, paths[1]!, two],
      ] as const) {
        const record = each.records.encode(state, { path }, 0);
        expect(each.records.store('key', record)).toBe(true);
      }
      expect(a.records.lookUp('key', paths[0]!)).toMatchObject({ metadata: { path: paths[0] } });
      expect(b.records.read('key', two)).toMatchObject({ metadata: { path: paths[1] } });
      expect(a.records.read('key', one)).toMatchObject({ metadata: { path: paths[0] } });
      expect(a.records.lookUp('key', paths[1]!)).toBe(two);
    });
  });

  it('share one governor', async () => {
    const [a, b] = [await instance(), await instance()];
    const { looks } = b.getGovernorStatus();
    a.configureGovernor();
    await vi.waitFor(() => expect(b.getGovernorStatus().looks).toBeGreaterThan(looks), 10_000);
    expect(b.getGovernorStatus().running).toBe(true);
    expect(() => b.configureGovernor({ intervalMs: -1 })).toThrow(RangeError);
  });
});
