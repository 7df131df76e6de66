// A monitor of a machine whose files the tests write, made anew for each test of the test file that
// imports this. On Linux alone.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { MemoryPressureMonitor } from '../../lib/memory/memory-pressure-monitor.js';
import type { MemoryStats } from '../../lib/memory/memory-stats.js';
import type { MonitorOptions } from '../../lib/memory/monitor-options.js';
import { native } from '../../lib/native/addon.js';
import { FakeMemory } from './fake-memory.js';

export let machine: FakeMemory;
export let folder: string;
export let monitor: MemoryPressureMonitor;

export function monitorWith(options: MonitorOptions = {}): MemoryPressureMonitor {
  const { procRoot, cgroupRoot } = machine;
  return new MemoryPressureMonitor({ procRoot, cgroupRoot, ...options });
}

/** Samples while so much of the machine's memory is used. */
export function sampleAt(percent: number, of = monitor): MemoryStats {
  machine.use(percent);
  return of.sample();
}

beforeEach(() => {
  native.forgetWarnings();
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-monitor-'));
  machine = new FakeMemory(folder);
  if (process.platform === 'linux') monitor = monitorWith();
});

afterEach(() => {
  monitor?.stopMonitoring();
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});
