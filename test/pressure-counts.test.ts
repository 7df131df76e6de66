// Tests what a cache counts of pressure: the events and evictions of its governor, of its monitor and of levels
// that a caller sets.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ArenaCache,
  type ArenaStats,
  configureGovernor,
  EnhancedMetadataCache,
  getGovernorStatus,
  MemoryPressureMonitor,
  type PressureCauses,
  PressureLevel,
} from '../lib/index.js';
import { FakeMemory } from './helpers/fake-memory.js';

const MIB = 1024 * 1024;

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2);
}

/** Returns the events of elevated, high, critical and request, in this order. */
function eventsOf({ elevated, high, critical, request }: PressureCauses): number[] {
  return [elevated, high, critical, request].map((cause) => cause.events);
}

type Counted = Pick<ArenaStats, 'pressureEvents' | 'pressureEvictions' | 'pressureCauses'>;

function expectToAgree(stats: Counted): void {
  const causes = Object.values(stats.pressureCauses);
  const sumOf = (name: 'events' | 'evictions') =>
    causes.reduce((sum, cause) => sum + cause[name], 0);
  expect(sumOf('events')).toBe(stats.pressureEvents);
  expect(sumOf('evictions')).toBe(stats.pressureEvictions);
  for (const { events, evictions } of causes) {
    if (evictions > 0) expect(events).toBeGreaterThan(0);
  }
}

describe.runIf(process.platform === 'linux')('memory pressure', () => {
  let folder: string;
  let machine: FakeMemory;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ebbcache-test-'));
    machine = new FakeMemory(folder);
    const { procRoot, cgroupRoot } = machine;
    configureGovernor({
      procRoot,
      cgroupRoot,
      earlyWarnings: false,
      intervalMs: 5,
      regrowIntervalMs: 3_600_000,
    });
  });
  afterEach(() => {
    configureGovernor();
    rmSync(folder, { recursive: true });
  });

  async function governorAt(percent: number, level: PressureLevel): Promise<void> {
    machine.use(percent);
    await until(() => getGovernorStatus().level === level);
    // The level is known before the stores are told of it, the next look comes after that. Each store
    // then shrinks on a thread of its own.
    const { looks } = getGovernorStatus();
    await until(() => getGovernorStatus().looks > looks);
  }

  it('is counted by its level between two samples of the monitor', async () => {
    // The monitor samples only when it is asked to.
    const monitor = new MemoryPressureMonitor(machine);
    using cache = new EnhancedMetadataCache({
      monitor,
      maxMemoryMb: 2,
      maxMemoryEntries: 10_000,
      enableCompression: false,
    });
    monitor.sample();
    for (let i = 0; i < 4000; i++) cache.put(`file ${i}`, { text: 'x'.repeat(600) });
    const full = cache.getStats();
    expect(full).toMatchObject({ pressureEvents: 0, pressureEvictions: 0, adaptiveAdjustments: 0 });

    await governorAt(96, PressureLevel.CRITICAL);
    await until(() => cache.getStats().adaptiveAdjustments > 0);
    const after = cache.getStats();
    expect(after.memoryCacheSize).toBeLessThan(full.memoryCacheSize);
    expect(after.pressureEvictions).toBeGreaterThan(0);
    expect(after.pressureEvents).toBe(1);
    expect(eventsOf(after.pressureCauses)).toEqual([0, 0, 1, 0]);
    expect(after.pressureCauses.critical.evictions).toBe(after.pressureEvictions);

    // The monitor now sees what the governor has seen.
    monitor.sample();
    const seen = cache.getStats();
    expect(seen.memoryPressure).toMatchObject({ pressureLevel: 'CRITICAL' });
    expect(seen.pressureEvents).toBe(1);
    expectToAgree(seen);
  });

  it('is counted for caches that shrink with it', async () => {
    using cache = new ArenaCache({ maxBytes: 2 * MIB });
    using fixed = new ArenaCache({ maxBytes: 2 * MIB, ebb: false });
    using unmonitored = new EnhancedMetadataCache({ enableMemoryPressureMonitoring: false });
    await governorAt(90, PressureLevel.HIGH);
    await until(() => cache.stats().pressureReductions > 0);
    expect(cache.stats()).toMatchObject({ pressureEvents: 1, pressureReductions: 1 });
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([0, 1, 0, 0]);
    expect(fixed.stats()).toMatchObject({ pressureEvents: 0, pressureReductions: 0 });
    expect(unmonitored.getStats()).toMatchObject({ pressureEvents: 0, adaptiveAdjustments: 0 });
  });

  it('causes one event for each rise, whoever detects it', async () => {
    using cache = new ArenaCache<Buffer>({ maxBytes: 2 * MIB, codec: 'msgpack' });
    for (let i = 0; i < 4000; i++) cache.set(`key ${i}`, Buffer.alloc(600));
    await governorAt(80, PressureLevel.ELEVATED);
    cache.holdPressure(PressureLevel.ELEVATED);
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([1, 0, 0, 0]);
    cache.holdPressure(PressureLevel.HIGH);
    await governorAt(90, PressureLevel.HIGH);
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([1, 1, 0, 0]);
    cache.holdPressure(PressureLevel.NORMAL);
    await governorAt(50, PressureLevel.NORMAL);
    await governorAt(80, PressureLevel.ELEVATED);
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([2, 1, 0, 0]);
    cache.applyPressure(PressureLevel.CRITICAL);
    cache.applyPressure(PressureLevel.NORMAL);
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([2, 1, 0, 1]);
    expectToAgree(cache.stats());
  });

  it('causes no new event when it cannot be read for a while', async () => {
    using cache = new ArenaCache({ maxBytes: 2 * MIB });
    await governorAt(90, PressureLevel.HIGH);
    const { failedReads } = getGovernorStatus();
    machine.break();
    await until(() => getGovernorStatus().failedReads > failedReads);
    await governorAt(90, PressureLevel.HIGH);
    expect(eventsOf(cache.stats().pressureCauses)).toEqual([0, 1, 0, 0]);
  });
});
