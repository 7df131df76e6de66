// Tests the native governor from JavaScript: its options, its status, and levels that a caller sets.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaCache,
  type ArenaCacheOptions,
  configureGovernor,
  EnhancedMetadataCache,
  type GovernorOptions,
  getGovernorStatus,
  PressureLevel,
} from '../lib/index.js';
import { FakeMemory } from './helpers/fake-memory.js';
import { withTempFolder } from './helpers/temp-folder.js';

const MIB = 1024 * 1024;
const onLinux = process.platform === 'linux';

/** Values that are all the same fill a store only where they are stored as they are. */
const plain: ArenaCacheOptions = { maxBytes: 64 * MIB, codec: 'msgpack' };

function fill(cache: ArenaCache<Buffer>, mib: number): void {
  const value = Buffer.alloc(1000, 'v');
  for (let i = 0; i < mib * 1000; i++) cache.set(`key ${i}`, value);
}

/** Waits until it is so; the test's timeout ends the wait. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

async function nextLook(): Promise<void> {
  const { looks } = getGovernorStatus();
  // One look may have begun before this call.
  await until(() => getGovernorStatus().looks >= looks + 2);
}

describe.runIf(onLinux)('a pressure level that a caller sets', () => {
  let folder: string;
  let cache: ArenaCache<Buffer>;
  // Nothing shrinks or regrows during a test, whatever happens on this machine.
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ebbcache-test-'));
    configureGovernor({
      ...new FakeMemory(folder),
      earlyWarnings: false,
      regrowIntervalMs: 3_600_000,
    });
    cache = new ArenaCache(plain);
  });
  afterEach(() => {
    cache.close();
    configureGovernor();
    rmSync(folder, { recursive: true });
  });

  it('lowers the budget, and NORMAL restores it', () => {
    const shares = [0.75, 0.5] as const;
    for (const [i, level] of [PressureLevel.ELEVATED, PressureLevel.HIGH].entries()) {
      cache.applyPressure(level);
      expect(cache.stats().budgetBytes).toBe((shares[i] ?? 0) * 64 * MIB);
    }
    cache.applyPressure(PressureLevel.CRITICAL);
    expect(cache.stats().budgetBytes).toBeLessThan(6 * MIB);
    cache.applyPressure(PressureLevel.ELEVATED);
    expect(cache.stats().budgetBytes).toBeLessThan(6 * MIB);
    expect(cache.applyPressure(PressureLevel.NORMAL)).toBe(0);
    expect(cache.stats().budgetBytes).toBe(64 * MIB);
  });

  it.each([10, 200])('evicts to half of the payload at HIGH, of %s MiB that were set', (mib) => {
    fill(cache, mib);
    const full = cache.stats();
    const released = cache.applyPressure(PressureLevel.HIGH);
    const half = cache.stats();
    // Keys differ in length, and the tables of a full cache take their part of the smaller budget.
    expect(half.payloadBytes).toBeLessThanOrEqual(full.payloadBytes / 2);
    expect(half.entries).toBeGreaterThan(0.46 * full.entries);
    // The cache may have ordered its next slab already.
    expect(released).toBeGreaterThanOrEqual(full.heldBytes - half.heldBytes);
    // The bytes are released in slabs of 2 MiB, of which one may be just being created.
    expect(released).toBeGreaterThan(0.3 * full.heldBytes);
    expect(half.pressureEvictions - full.pressureEvictions).toBe(full.entries - half.entries);
    expect(cache.has(`key ${mib * 1000 - 1}`)).toBe(true);
    cache.applyPressure(PressureLevel.CRITICAL);
    expect(cache.size).toBe(0);
    expect(cache.set('key', Buffer.alloc(100))).toBe(true);
  });

  it('is held until another level is', async () => {
    configureGovernor({
      ...new FakeMemory(join(folder, 'other')),
      intervalMs: 2,
      regrowIntervalMs: 1,
      regrowStepPercent: 100,
    });
    fill(cache, 80);
    expect(cache.holdPressure(PressureLevel.HIGH)).toBeGreaterThan(24 * MIB);
    const { entries } = cache.stats();
    expect(cache.holdPressure(PressureLevel.HIGH)).toBe(0);
    await nextLook();
    expect(cache.stats()).toMatchObject({ entries, budgetBytes: 32 * MIB });
    cache.holdPressure(PressureLevel.ELEVATED);
    await until(() => cache.stats().budgetBytes === 48 * MIB);
    await nextLook();
    expect(cache.stats().budgetBytes).toBe(48 * MIB);
    cache.holdPressure(PressureLevel.CRITICAL);
    expect(cache.size).toBe(0);
    cache.holdPressure(PressureLevel.NORMAL);
    await until(() => cache.stats().budgetBytes === 64 * MIB);
  });

  it('respects minBytes of a cache', () => {
    using kept = new ArenaCache<Buffer>({ ...plain, minBytes: 32 * MIB });
    fill(kept, 50);
    kept.applyPressure(PressureLevel.CRITICAL);
    const { budgetBytes, payloadBytes } = kept.stats();
    expect(budgetBytes).toBe(32 * MIB);
    expect(payloadBytes).toBeGreaterThan(27 * MIB);
  });

  it('evicts from a cache with ebb: false, whose budget remains', () => {
    using fixed = new ArenaCache<Buffer>({ ...plain, ebb: false });
    fill(fixed, 10);
    expect(fixed.applyPressure(PressureLevel.HIGH)).toBeGreaterThan(4 * MIB);
    expect(fixed.size).toBeLessThanOrEqual(5000);
    expect(fixed.stats().budgetBytes).toBe(64 * MIB);
  });

  it('is refused where it is not a level', () => {
    for (const call of ['applyPressure', 'holdPressure'] as const) {
      const apply = (level: unknown) => () => cache[call](level as PressureLevel);
      expect(apply('HIGH')).toThrow(TypeError);
      expect(apply(0)).toThrow(RangeError);
      expect(apply(2.5)).toThrow(RangeError);
      expect(apply(5)).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
    }
  });

  it.each([true, false])('applies to metadata caches (monitored: %s)', (monitored) => {
    using metadata = new EnhancedMetadataCache({
      enableMemoryPressureMonitoring: monitored,
      maxMemoryMb: 16,
      enableCompression: false,
    });
    for (let i = 0; i < 100; i++) metadata.put(`file ${i}`, { text: 'x'.repeat(1000), i });
    metadata.applyPressure(PressureLevel.HIGH);
    const stats = metadata.getStats();
    expect(stats.pressureEvents).toBe(1);
    expect(stats.memoryCacheSize).toBeGreaterThan(45);
    expect(stats.memoryCacheSize).toBeLessThanOrEqual(50);
    expect(stats.pressureEvictions).toBe(100 - stats.memoryCacheSize);
    expect(metadata.get('file 99')).toMatchObject({ i: 99 });
    metadata.applyPressure(PressureLevel.CRITICAL);
    metadata.applyPressure(PressureLevel.NORMAL);
    expect(metadata.getStats()).toMatchObject({
      memoryCacheSize: 0,
      pressureEvents: 2,
      memoryBudgetBytes: 16 * MIB,
    });
  });
});

describe.runIf(onLinux)('the function configureGovernor', () => {
  afterEach(() => configureGovernor());

  /** Runs the test with a governor that reads made-up files, and with a full cache. */
  async function governed(
    options: GovernorOptions,
    use: (cache: ArenaCache<Buffer>, machine: FakeMemory) => Promise<void>,
    mib = 16,
  ): Promise<void> {
    await withTempFolder(async (folder) => {
      const machine = new FakeMemory(folder);
      const { procRoot, cgroupRoot } = machine;
      configureGovernor({ procRoot, cgroupRoot, intervalMs: 5, regrowIntervalMs: 5, ...options });
      using cache = new ArenaCache<Buffer>({ maxBytes: mib * MIB, codec: 'msgpack' });
      fill(cache, 1.2 * mib);
      await use(cache, machine);
    });
  }

  it('makes the governor read the given folders', async () => {
    await governed({}, async (cache, machine) => {
      await nextLook();
      expect(getGovernorStatus()).toMatchObject({ running: true, level: PressureLevel.NORMAL });
      expect(cache.stats().budgetBytes).toBe(16 * MIB);
      machine.use(96);
      await until(() => cache.stats().budgetBytes < 2 * MIB);
      expect(cache.stats().heldBytes).toBeLessThan(2 * MIB);
      expect(getGovernorStatus().level).toBe(PressureLevel.CRITICAL);
      await until(() => getGovernorStatus().reductions > 0);
      machine.use(50);
      await until(() => cache.stats().budgetBytes === 16 * MIB);
    });
    expect(getGovernorStatus()).toMatchObject({ running: false, level: undefined });
  });

  it('sets thresholds and shares', async () => {
    // These are so close to each other that the level's share exceeds the bytes that can be released.
    const options = {
      elevatedThreshold: 80,
      elevatedTarget: 77,
      elevatedShare: 60,
      highShare: 40,
      highThreshold: 90,
    };
    const ofThis = async (cache: ArenaCache<Buffer>, machine: FakeMemory) => {
      machine.use(79);
      await nextLook();
      expect(cache.stats().budgetBytes).toBe(128 * MIB);
      machine.use(80);
      await until(() => cache.stats().budgetBytes < 128 * MIB);
      expect(cache.stats().budgetBytes).toBe(Math.floor(0.6 * 128 * MIB));
    };
    await governed(options, ofThis, 128);
  });

  it('sets how fast a budget regrows', async () => {
    await governed({ regrowIntervalMs: 3_600_000 }, async (cache, machine) => {
      machine.use(96);
      await until(() => cache.stats().budgetBytes < 2 * MIB);
      machine.use(50);
      await nextLook();
      expect(cache.stats().budgetBytes).toBeLessThan(2 * MIB);
      configureGovernor({ ...machine, intervalMs: 5, regrowIntervalMs: 1, regrowStepPercent: 100 });
      await until(() => cache.stats().budgetBytes === 16 * MIB);
    });
  });

  it.each([true, false])('enables early warnings on request: %s', async (earlyWarnings) => {
    await withTempFolder(async (folder) => {
      // systemd asks services to read a FIFO that is named by the environment.
      const fifo = join(folder, 'warnings');
      expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
      const tell = (machine: FakeMemory) =>
        writeFileSync(join(machine.procRoot, 'self/environ'), `MEMORY_PRESSURE_WATCH=${fifo}\0`);
      await governed({}, async (cache, machine) => {
        tell(machine);
        machine.use(65);
        configureGovernor({ ...machine, intervalMs: 5, earlyWarnings });
        await nextLook();
        expect(cache.stats().budgetBytes).toBe(16 * MIB);
        const before = getGovernorStatus().stalls;
        const writer = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
        writeSync(writer, 'x');
        if (earlyWarnings) await until(() => cache.stats().budgetBytes < 16 * MIB);
        else await nextLook();
        closeSync(writer);
        const { level, stalls } = getGovernorStatus();
        const heard = stalls - before;
        expect(heard).toBe(earlyWarnings ? 1 : 0);
        expect(level).toBe(earlyWarnings ? PressureLevel.ELEVATED : PressureLevel.NORMAL);
        expect(cache.stats().budgetBytes).toBe(16 * MIB * (earlyWarnings ? 0.75 : 1));
      });
    });
  });

  it('retains the last good state while files are absent or invalid', async () => {
    await governed({}, async (cache, machine) => {
      machine.use(96);
      await until(() => cache.stats().budgetBytes < 2 * MIB);
      const { budgetBytes } = cache.stats();
      const { failedReads } = getGovernorStatus();
      machine.break();
      await nextLook();
      expect(getGovernorStatus().level).toBeUndefined();
      expect(getGovernorStatus().failedReads).toBeGreaterThan(failedReads);
      expect(getGovernorStatus().lastFailure).toMatch(/meminfo has no MemTotal\.$/);
      rmSync(join(machine.procRoot, 'meminfo'));
      await nextLook();
      expect(getGovernorStatus().lastFailure).toMatch(/meminfo cannot be read: No such file/);
      expect(cache.stats().budgetBytes).toBe(budgetBytes);
      machine.use(50);
      await until(() => cache.stats().budgetBytes === 16 * MIB);
      expect(getGovernorStatus().level).toBe(PressureLevel.NORMAL);
    });
  });

  it('refuses values out of range or out of order, and changes nothing', async () => {
    await governed({}, async (cache, machine) => {
      machine.use(96);
      await until(() => cache.stats().budgetBytes < 2 * MIB);
      const bad: [object, RegExp][] = [
        [{ elevatedThreshold: 90 }, /highThreshold \(85\) must be above elevatedThreshold \(90\)/],
        [{ highTarget: 83 }, /The high target is 83 %/],
        [{ highShare: 80 }, /The high share is 80 %.+to 75 %/],
        [{ intervalMs: 0 }, /intervalMs must be from 1/],
        [{ intervalMs: 200, longestIntervalMs: 100 }, /The longest interval is 100 ms/],
        [{ regrowStepPercent: 0 }, /The regrow step is 0 %/],
        [{ regrowStepPercent: Number.NaN }, /regrowStepPercent must be/],
        [{ regrowIntervalMs: 1e12 }, /regrowIntervalMs must be/],
        [{ procRoot: '' }, /procRoot must be the path/],
      ];
      for (const [options, message] of bad) {
        const configure = () => configureGovernor(options);
        expect(configure).toThrow(RangeError);
        expect(configure).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
        expect(configure).toThrow(message);
      }
      for (const options of [
        { intervalMs: '5' },
        { earlyWarnings: 1 },
        { procRoot: 1 },
        'all',
        [],
      ]) {
        expect(() => configureGovernor(options as GovernorOptions)).toThrow(TypeError);
      }
      await nextLook();
      expect(getGovernorStatus().level).toBe(PressureLevel.CRITICAL);
    });
  });

  it('lowers the settings that depend on a share or a threshold with it', () => {
    const low = { normalThreshold: 10, elevatedThreshold: 20, highThreshold: 30 };
    expect(() => configureGovernor({ elevatedShare: 40 })).not.toThrow();
    expect(() => configureGovernor(low)).not.toThrow();
    // An option that is given depends on no other.
    expect(() => configureGovernor({ elevatedShare: 40, highShare: 50 })).toThrow(
      /high share is 50/,
    );
    expect(() => configureGovernor({ ...low, elevatedTarget: 65 })).toThrow(
      /elevated target is 65/,
    );
  });
});
