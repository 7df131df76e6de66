import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DiskError } from '../lib/tiers/disk/disk-error.js';
import { readDiskSummary } from '../lib/tiers/disk/disk-summary.js';
import { DiskTier, type DiskTierOptions } from '../lib/tiers/disk/disk-tier.js';
import type { StoredRecord } from '../lib/tiers/entry.js';

const MIB = 1024 * 1024;
const HOUR = 3_600_000;
const onWindows = process.platform === 'win32';

let folder: string;
const open = new Set<DiskTier>();
const onTrouble = vi.fn<(error: DiskError) => void>();
const onRecovery = vi.fn();

function make(options: Partial<DiskTierOptions> = {}): DiskTier {
  const tier = new DiskTier({
    folder,
    maxBytes: 16 * MIB,
    isInMemory: () => false,
    counters: () => ({}),
    onTrouble,
    onRecovery,
    ...options,
  });
  open.add(tier);
  return tier;
}

function record(text: string, bytes = 0): StoredRecord {
  return {
    record: Buffer.concat([Buffer.from(text), Buffer.alloc(bytes, 7)]),
    cost: 12.5,
    expiresAt: Date.now() + HOUR,
  };
}

const read = (tier: DiskTier, key: string) => tier.get(key)?.record.toString();

function trouble(): string | undefined {
  return onTrouble.mock.calls.at(-1)?.[0].trouble;
}

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'ebbcache-disk-')), 'cache');
});

afterEach(() => {
  for (const tier of open) tier.close();
  open.clear();
  vi.clearAllMocks();
  vi.restoreAllMocks();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

describe('a disk tier', () => {
  it('gives back what was put, at once, after a flush, and after it was closed', async () => {
    const tier = make();
    const stored = record('one');
    expect(tier.put('/a\0default', stored)).toBe(true);
    const expected = { ...stored, record: expect.any(Buffer) };
    expect(tier.get('/a\0default')).toEqual(expected);
    expect(read(tier, '/a\0default')).toBe('one');
    expect(await tier.flush()).toBe(true);
    expect(tier.stats()).toMatchObject({ available: true, entries: 1, pending: 0, drops: 0 });
    expect(tier.get('/a\0default')).toEqual(expected);
    tier.put('/b\0default', record('two'));
    tier.close();
    const next = make();
    expect(read(next, '/a\0default')).toBe('one');
    expect(read(next, '/b\0default')).toBe('two');
    expect(read(next, '/c\0default')).toBeUndefined();
    expect(onTrouble).not.toHaveBeenCalled();
  });

  it('keeps a copy of the record', () => {
    const tier = make();
    const stored = record('mine');
    tier.put('/a\0', stored);
    stored.record.fill(0);
    expect(read(tier, '/a\0')).toBe('mine');
  });

  it('replaces, deletes and clears, before and after it is written', async () => {
    const tier = make();
    for (const isFlushed of [false, true]) {
      tier.put('/a\0t', record('old'));
      if (isFlushed) await tier.flush();
      tier.put('/a\0t', record('new'));
      expect(read(tier, '/a\0t')).toBe('new');
      if (isFlushed) await tier.flush();
      expect(read(tier, '/a\0t')).toBe('new');
      expect(tier.has('/a\0t')).toBe(true);
      tier.delete('/a\0t');
      expect(tier.has('/a\0t')).toBe(false);
      if (isFlushed) await tier.flush();
      expect(tier.get('/a\0t')).toBeUndefined();
      tier.put('/b\0t', record('b'));
      if (isFlushed) await tier.flush();
      tier.clear();
      expect(tier.get('/b\0t')).toBeUndefined();
      expect(tier.stats().entries).toBe(0);
      tier.put('/b\0t', record('after'));
      expect(read(tier, '/b\0t')).toBe('after');
    }
    await tier.flush();
    expect(tier.stats().entries).toBe(1);
  });

  it('knows the tiers of a file, and no others', async () => {
    const tier = make();
    const long = `/${'ü'.repeat(2000)}`;
    for (const key of ['/a\0', '/a\0x', '/a\0x\0y', '/a/b\0z', '/ab\0w', `${long}\0l`, '/\0r']) {
      tier.put(key, record(key));
    }
    await tier.flush();
    expect(tier.tiersOf('/a').sort()).toEqual(['', 'x', 'x\0y']);
    expect(tier.tiersOf(long)).toEqual(['l']);
    expect(read(tier, `${long}\0l`)).toBe(`${long}\0l`);
    expect(tier.tiersOf('/nothing')).toEqual([]);
  });

  it('forgets what has expired', async () => {
    const tier = make();
    tier.put('/a\0', { ...record('a'), expiresAt: Date.now() + 30 });
    expect(read(tier, '/a\0')).toBe('a');
    await tier.flush();
    await expect.poll(() => tier.get('/a\0'), { interval: 10 }).toBeUndefined();
    await tier.flush();
    expect(tier.stats().entries).toBe(0);
  });

  it('takes no entry that is too large for it', () => {
    const tier = make({ maxBytes: MIB });
    expect(tier.put('/a\0', record('', MIB / 32 + 1))).toBe(false);
    expect(tier.put('/a\0', record('', MIB / 64))).toBe(true);
    expect(make({ maxBytes: 1024 * MIB }).put('/a\0', record('', 9 * MIB))).toBe(false);
  });

  it('takes more than waits for the disk, in a loop that lets nobody else run', async () => {
    const tier = make({ maxBytes: 64 * MIB });
    let last = -1;
    for (let i = 0; i < 10_000; i++) {
      if (tier.put(`/${i}\0`, record(`${i},`, 4000))) last = i;
    }
    const { drops, evictions } = tier.stats();
    expect(await tier.flush()).toBe(drops === 0);
    expect(tier.stats().entries).toBe(10_000 - drops - tier.stats().evictions);
    // A machine under load may leave no time to write in: most of it must be there.
    expect(drops).toBeLessThan(5000);
    expect(evictions).toBeLessThan(5000);
    tier.close();
    const next = make({ maxBytes: 64 * MIB });
    expect(read(next, `/${last}\0`)?.split(',')[0]).toBe(`${last}`);
  });

  it.skipIf(onWindows)('is for its user alone', async () => {
    const before = process.umask(0);
    try {
      const tier = make();
      tier.put('/a\0', record('a'));
      await tier.flush();
      tier.close();
    } finally {
      process.umask(before);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it('is one for all who open the folder', async () => {
    const [one, two] = [make(), make()];
    one.put('/a\0', record('from one'));
    await one.flush();
    expect(read(two, '/a\0')).toBe('from one');
    two.put('/a\0', record('from two'));
    await two.flush();
    expect(read(one, '/a\0')).toBe('from two');
    one.close();
    expect(read(two, '/a\0')).toBe('from two');
    two.clear();
    expect(two.get('/a\0')).toBeUndefined();
  });
});

describe('a change that comes while its key is being written', () => {
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  const changes: [string, (tier: DiskTier) => void, string | undefined][] = [
    ['put', (tier) => tier.put('/a\0', record('new')), 'new'],
    ['deleted', (tier) => tier.delete('/a\0'), undefined],
    ['cleared', (tier) => tier.clear(), undefined],
  ];

  it.each(changes)(
    'is the last word, also where the tier is closed then: %s',
    async (_, change, expected) => {
      // Another one that uses the folder, so that its files stay.
      const other = make();
      for (let ticks = 0; ticks < 4; ticks++) {
        for (let round = 0; round < 5; round++) {
          const tier = make();
          tier.put('/a\0', record('old'));
          for (let i = 0; i < ticks; i++) await tick();
          change(tier);
          expect(read(tier, '/a\0')).toBe(expected);
          tier.close();
          expect(read(make(), '/a\0')).toBe(expected);
          // What was under way has had its turn.
          await new Promise((resolve) => setTimeout(resolve, 5));
          expect(read(make(), '/a\0')).toBe(expected);
        }
      }
      other.close();
    },
  );
});

describe('its budget', () => {
  it('is held by the file, whatever is put', async () => {
    for (const [maxMb, most] of [
      [4, 6000],
      [16, 20_000],
    ] as const) {
      const tier = make({ maxBytes: maxMb * MIB });
      let random = 1;
      let bytes = 0;
      for (let i = 0; bytes < 10 * maxMb * MIB; i++) {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        const size = 100 + ((random >>> 8) % most);
        tier.put(`/some/folder/${i}\0default`, record(`${i}`, size));
        bytes += size;
        if (i % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await tier.flush();
      const used = readdirSync(folder).reduce(
        (sum, each) => sum + statSync(join(folder, each)).size,
        0,
      );
      expect(used / (maxMb * MIB)).toBeGreaterThan(0.9);
      expect(used / (maxMb * MIB)).toBeLessThan(1.1);
      expect(tier.stats().evictions).toBeGreaterThan(1000);
      tier.clear();
      tier.close();
    }
  });

  it('keeps what is used', async () => {
    const inMemory = new Set(Array.from({ length: 20 }, (_, i) => `/memory/${i}\0`));
    const tier = make({ maxBytes: 4 * MIB, isInMemory: (key) => inMemory.has(key) });
    for (const key of inMemory) tier.put(key, record(key));
    for (let i = 0; i < 20; i++) tier.put(`/read/${i}\0`, record(`${i}`));
    for (let i = 0; i < 4000; i++) {
      tier.put(`/cold/${i}\0`, record('', 3000));
      if (i % 50 === 0) for (let k = 0; k < 20; k++) tier.get(`/read/${k}\0`);
      if (i % 64 === 0) await tier.flush();
    }
    await tier.flush();
    const kept = (prefix: string) =>
      Array.from({ length: 20 }, (_, i) => tier.has(`/${prefix}/${i}\0`)).filter(Boolean).length;
    expect([kept('memory'), kept('read')]).toEqual([20, 20]);
    expect(kept('cold')).toBe(0);
  });
});

describe('trouble', () => {
  it('of a folder that is removed is told once, and over when it can be made again', async () => {
    const tier = make();
    tier.put('/a\0', record('a'));
    await tier.flush();
    rmSync(folder, { recursive: true });
    expect(tier.get('/a\0')).toBeUndefined();
    expect(tier.put('/b\0', record('b'))).toBe(false);
    expect(tier.get('/b\0')).toBeUndefined();
    expect(onTrouble).toHaveBeenCalledTimes(1);
    expect(trouble()).toBe('removed');
    expect(tier.stats()).toMatchObject({ available: false, entries: 0 });
    tier.clear();
    expect(onRecovery).toHaveBeenCalledTimes(1);
    expect(tier.put('/b\0', record('b'))).toBe(true);
    expect(await tier.flush()).toBe(true);
    expect(read(tier, '/b\0')).toBe('b');
  });

  it('is tried again after a while', async () => {
    const tier = make();
    tier.put('/a\0', record('a'));
    await tier.flush();
    rmSync(folder, { recursive: true });
    expect(tier.get('/a\0')).toBeUndefined();
    const later = Date.now() + 11_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);
    expect(tier.put('/b\0', record('b'))).toBe(true);
    expect(onRecovery).toHaveBeenCalledTimes(1);
  });

  it('of a file that is cut off is no fatal signal', async () => {
    for (const size of [0, 4096, 50_000]) {
      const tier = make();
      for (let i = 0; i < 100; i++) tier.put(`/${i}\0`, record(`${i}`, 3000));
      await tier.flush();
      truncateSync(join(folder, 'data.mdb'), size);
      for (let i = 0; i < 100; i++) expect(tier.get(`/${i}\0`)).toBeUndefined();
      expect(tier.put('/b\0', record('b'))).toBe(false);
      expect(onTrouble).toHaveBeenCalledTimes(1);
      expect(trouble()).toBe('damaged');
      tier.close();
      onTrouble.mockClear();
      const next = make();
      expect(next.get('/1\0')).toBeUndefined();
      expect(next.put('/b\0', record('b'))).toBe(true);
      expect(await next.flush()).toBe(true);
      expect(onTrouble).not.toHaveBeenCalled();
      next.clear();
      next.close();
    }
  });

  it('of an entry that is not what was written is a miss', async () => {
    const tier = make();
    tier.put('/a\0', record('needle in a haystack', 5000));
    tier.put('/b\0', record('b', 5000));
    await tier.flush();
    tier.close();
    const data = join(folder, 'data.mdb');
    const bytes = readFileSync(data);
    const at = bytes.indexOf('needle');
    bytes[at] = 'N'.charCodeAt(0);
    writeFileSync(data, bytes);
    const next = make();
    expect(next.get('/a\0')).toBeUndefined();
    expect(next.get('/a\0')).toBeUndefined();
    expect(read(next, '/b\0')?.[0]).toBe('b');
    expect(trouble()).toBe('damaged');
    expect(onTrouble).toHaveBeenCalledTimes(1);
    expect(next.stats().errors).toBe(1);
  });

  it('of another format leaves the file alone, until it is cleared', async () => {
    const tier = make();
    tier.put('/a\0', record('a'));
    await tier.flush();
    tier.close();
    const data = join(folder, 'data.mdb');
    const bytes = readFileSync(data);
    // LMDB's own version, in both meta pages: behind the page's header and the magic.
    for (const page of [0, 1]) bytes.writeUInt32LE(3, page * 4096 + 28);
    writeFileSync(data, bytes);
    const next = make();
    expect(trouble()).toBe('foreign');
    expect(next.get('/a\0')).toBeUndefined();
    expect(next.put('/a\0', record('new'))).toBe(false);
    expect(readFileSync(data).equals(bytes)).toBe(true);
    next.clear();
    expect(next.put('/a\0', record('new'))).toBe(true);
    expect(await next.flush()).toBe(true);
    expect(read(next, '/a\0')).toBe('new');
    expect(onTrouble).toHaveBeenCalledTimes(1);
  });

  it.each<[string, () => void]>([
    [
      'no LMDB file',
      () => writeFileSync(join(folder, 'data.mdb'), 'notes of somebody '.repeat(999)),
    ],
    ['a folder', () => mkdirSync(join(folder, 'data.mdb'))],
  ])('of a file that is none of ours leaves it alone: %s', (_, occupy) => {
    mkdirSync(folder, { recursive: true });
    occupy();
    const tier = make();
    expect(tier.put('/a\0', record('a'))).toBe(false);
    expect(existsSync(join(folder, 'data.mdb'))).toBe(true);
    expect(onTrouble).toHaveBeenCalledTimes(1);
    expect(onTrouble.mock.calls[0]?.[0]).toBeInstanceOf(DiskError);
  });

  it.skipIf(onWindows)(
    'of a folder that anybody may write to is told, unless nobody may replace files',
    () => {
      mkdirSync(folder);
      chmodSync(folder, 0o777);
      expect(make().put('/a\0', record('a'))).toBe(false);
      expect(trouble()).toBe('denied');
      chmodSync(folder, 0o1777);
      expect(make().put('/a\0', record('a'))).toBe(true);
    },
  );

  it.runIf(process.geteuid?.() === 0)('of files of another user is told', async () => {
    const tier = make();
    tier.put('/a\0', record('a'));
    await tier.flush();
    tier.close();
    chownSync(join(folder, 'data.mdb'), 65_534, 65_534);
    expect(make().get('/a\0')).toBeUndefined();
    expect(trouble()).toBe('denied');
  });

  it('does not lose what is deleted meanwhile', async () => {
    const tier = make();
    for (const key of ['/a\0', '/b\0']) tier.put(key, record(key));
    await tier.flush();
    const data = join(folder, 'data.mdb');
    renameSync(data, `${data}.away`);
    tier.put('/c\0', record('c'));
    await tier.flush();
    expect(tier.stats().available).toBe(false);
    tier.delete('/a\0');
    renameSync(`${data}.away`, data);
    const later = Date.now() + 11_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);
    expect(tier.get('/a\0')).toBeUndefined();
    expect(read(tier, '/b\0')).toBe('/b\0');
    vi.restoreAllMocks();
    await tier.flush();
    tier.close();
    const next = make();
    expect(next.get('/a\0')).toBeUndefined();
    expect(read(next, '/b\0')).toBe('/b\0');
  });

  it.skipIf(onWindows)('of a folder that may not be written is told once', () => {
    mkdirSync(folder, { recursive: true, mode: 0o500 });
    // The superuser writes anywhere.
    const user = process.geteuid!();
    if (user === 0) {
      chmodSync(join(folder, '..'), 0o755);
      process.seteuid!(65_534);
    }
    try {
      const tier = make();
      expect(tier.put('/a\0', record('a'))).toBe(false);
      expect(tier.get('/a\0')).toBeUndefined();
      tier.clear();
      expect(trouble()).toBe('denied');
      expect(onTrouble).toHaveBeenCalledTimes(1);
    } finally {
      process.seteuid!(user);
    }
  });
});

describe('counters', () => {
  it('of all who used the folder add up, for other processes to read', async () => {
    expect(readDiskSummary(folder)).toBeUndefined();
    for (const hits of [1, 10, 100]) {
      const tier = make({ counters: () => ({ hits, misses: 2 }) });
      tier.put(`/${hits}\0`, record('x'));
      tier.close();
    }
    const counters = { hits: 111, misses: 6 };
    expect(readDiskSummary(folder)).toEqual({ entries: 3, bytes: expect.any(Number), counters });
    // Of one that starts anew, once.
    const again = make({ counters: () => ({ hits: 5 }) });
    const beside = make();
    again.clear();
    await again.flush();
    again.close();
    beside.close();
    expect(readDiskSummary(folder)?.counters.hits).toBe(116);
    counters.hits += 5;
    // While it is in use, too.
    const tier = make({ counters: () => ({ hits: 1000 }) });
    expect(readDiskSummary(folder)?.counters).toEqual(counters);
    tier.close();
    expect(readDiskSummary(folder)?.counters).toEqual({ hits: 1116, misses: 6 });
    tier.clear();
  });
});
