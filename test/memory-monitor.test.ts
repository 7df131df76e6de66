import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { getGlobalMonitor, shutdownMonitoring } from '../lib/memory/global-monitor.js';
import { MemoryPressureMonitor } from '../lib/memory/memory-pressure-monitor.js';
import type { MonitorOptions } from '../lib/memory/monitor-options.js';
import { PressureLevel, pressureLevelName } from '../lib/memory/pressure-level.js';
import { totalKb } from './helpers/fake-memory.js';
import { machine, monitor, monitorWith, sampleAt } from './helpers/fed-monitor.js';

const onLinux = process.platform === 'linux';
const kbPerMb = 1024;

function readMeminfo() {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const mbOf = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1]) / kbPerMb;
  const totalMb = mbOf('MemTotal');
  const availableMb = mbOf('MemAvailable');
  return { totalMb, availableMb, percent: (1 - availableMb / totalMb) * 100 };
}

/** Resolves when the handlers of settled promises have run. */
const _settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the enum PressureLevel', () => {
  it('is ordered and named', () => {
    expect(Object.values(PressureLevel)).toEqual([1, 2, 3, 4]);
    expect([1, 2, 3, 4].map((level) => pressureLevelName(level as PressureLevel))).toEqual([
      'NORMAL',
      'ELEVATED',
      'HIGH',
      'CRITICAL',
    ]);
  });

  it.each([
    [0, RangeError],
    [5, RangeError],
    [1.5, RangeError],
    [Number.NaN, RangeError],
    ['HIGH', TypeError],
    [undefined, TypeError],
  ])('has no name for %s', (level, ErrorClass) => {
    expect(() => pressureLevelName(level as PressureLevel)).toThrow(ErrorClass);
  });
});

describe('the options of MemoryPressureMonitor', () => {
  it.each<[string, unknown, RegExp]>([
    ['no object', null, /options must be an object, not null/],
    ['an array', [], /options must be an object, not an array/],
    ['a string', 'fast', /options must be an object, not a value of type string/],
    ['a threshold as text', { highThreshold: '85' }, /highThreshold must be a number/],
    ['a threshold of null', { highThreshold: null }, /highThreshold must be a number, not null/],
    ['an interval as text', { sampleIntervalSeconds: '5' }, /sampleIntervalSeconds must be a num/],
    ['a size as bigint', { historySize: 5n }, /historySize must be a number/],
    ['a root as number', { procRoot: 1 }, /procRoot must be a string/],
    ['a root as object', { cgroupRoot: {} }, /cgroupRoot must be a string/],
  ])('are refused with a TypeError: %s', (_, options, message) => {
    const make = () => new MemoryPressureMonitor(options as MonitorOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  });

  it.each<[string, MonitorOptions, RegExp]>([
    ['NaN', { elevatedThreshold: Number.NaN }, /elevatedThreshold is NaN/],
    ['a negative threshold', { normalThreshold: -1 }, /normalThreshold is -1/],
    ['zero', { normalThreshold: 0 }, /normalThreshold is 0/],
    ['more than 100', { criticalThreshold: 100.5 }, /criticalThreshold is 100.5/],
    [
      'high below elevated',
      { highThreshold: 70 },
      /highThreshold \(70\) must be above elevatedThreshold \(75\)/,
    ],
    [
      'equal thresholds',
      { highThreshold: 95 },
      /criticalThreshold \(95\) must be above highThreshold \(95\)/,
    ],
    ['normal above elevated', { normalThreshold: 80 }, /elevatedThreshold \(75\) must be above/],
    ['a short interval', { sampleIntervalSeconds: 0.049 }, /sampleIntervalSeconds is 0.049/],
    ['no interval', { sampleIntervalSeconds: Number.NaN }, /sampleIntervalSeconds is NaN/],
    ['an endless interval', { sampleIntervalSeconds: Infinity }, /sampleIntervalSeconds is Inf/],
    ['more than a timer waits', { sampleIntervalSeconds: 2147484 }, /sampleIntervalSeconds is 21/],
    ['an empty history', { historySize: 0 }, /historySize is 0/],
    ['half a sample', { historySize: 1.5 }, /historySize is 1.5/],
    ['an endless history', { historySize: 1_000_001 }, /historySize is 1000001/],
    ['an empty root', { procRoot: '' }, /procRoot must be the path/],
    ['a root with a NUL', { cgroupRoot: '/a\0b' }, /cgroupRoot must be the path/],
  ])('are refused with a RangeError: %s', (_, options, message) => {
    const make = () => new MemoryPressureMonitor(options);
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  });

  it('may be at the limits of every range', () => {
    expect(
      () =>
        new MemoryPressureMonitor({
          normalThreshold: 0.1,
          elevatedThreshold: 0.2,
          highThreshold: 0.3,
          criticalThreshold: 100,
          sampleIntervalSeconds: 0.05,
          historySize: 1,
        }),
    ).not.toThrow();
    expect(
      () => new MemoryPressureMonitor({ sampleIntervalSeconds: 2_147_483, historySize: 1e6 }),
    ).not.toThrow();
  });
});

describe.runIf(onLinux)('a MemoryPressureMonitor on given files', () => {
  it.each([
    [50, PressureLevel.NORMAL],
    [74.9, PressureLevel.NORMAL],
    [75, PressureLevel.ELEVATED],
    [85, PressureLevel.HIGH],
    [95, PressureLevel.CRITICAL],
    [96, PressureLevel.CRITICAL],
  ])('reports %s percent used as level %s', (percent, level) => {
    expect(sampleAt(percent).pressureLevel).toBe(level);
  });

  it('reports sizes in MiB and shares in percent', () => {
    const now = new Date('2024-05-06T07:08:09.010Z');
    vi.useFakeTimers({ now });
    const stats = sampleAt(60);
    expect(stats.timestamp).toEqual(now);
    expect(stats.systemTotalMb).toBeCloseTo(totalKb / kbPerMb, 6);
    expect(stats.systemAvailableMb).toBeCloseTo((totalKb * 0.4) / kbPerMb, 6);
    expect(stats.systemPercent).toBeCloseTo(60, 6);
    expect(stats.limitedBy).toBe('system');
    expect(stats.processRssMb).toBeGreaterThan(0);
    expect(stats.processVmsMb / stats.processRssMb).toBeCloseTo(200000 / 12800, 6);
    expect(stats.processPercent).toBeCloseTo((stats.processRssMb / stats.systemTotalMb) * 100, 6);
    expect(stats.psi).toBeUndefined();
  });

  it('reports stalls where the kernel does', () => {
    machine.stall(1.5, 0.25);
    expect(sampleAt(50).psi).toEqual({ someAvg10: 1.5, fullAvg10: 0.25 });
  });

  it('reports a higher level while tasks wait for memory', () => {
    machine.stall(20, 5);
    expect(sampleAt(50).pressureLevel).toBe(PressureLevel.NORMAL);
    expect(sampleAt(65).pressureLevel).toBe(PressureLevel.ELEVATED);
    expect(sampleAt(80).pressureLevel).toBe(PressureLevel.HIGH);
    expect(sampleAt(90).pressureLevel).toBe(PressureLevel.HIGH);
  });

  it('uses the cgroup where its limit is tighter', () => {
    const mb = 1024 * 1024;
    machine.limitGroup(100 * mb, 96 * mb, 6 * mb);
    const stats = sampleAt(50);
    expect(stats.limitedBy).toBe('cgroup');
    expect(stats.systemTotalMb).toBe(100);
    expect(stats.systemAvailableMb).toBe(10);
    expect(stats.systemPercent).toBeCloseTo(90, 6);
    expect(stats.pressureLevel).toBe(PressureLevel.HIGH);
    expect(monitor.getEvictionTargetMb()).toBeCloseTo(15, 4);
  });

  it('does not oscillate around a threshold', () => {
    for (const threshold of [75, 85, 95]) {
      const changes = vi.fn();
      const steady = monitorWith();
      sampleAt(threshold - 1, steady);
      steady.on('pressure', changes);
      for (let i = 0; i < 50; i++) {
        sampleAt(threshold + 1, steady);
        sampleAt(threshold - 1, steady);
      }
      expect(changes).toHaveBeenCalledTimes(1);
    }
  });

  it('retains a bounded history, oldest first', () => {
    const short = monitorWith({ historySize: 3 });
    expect(short.getHistory()).toEqual([]);
    expect(short.getCurrentStats()).toBeUndefined();
    for (const percent of [10, 20, 30, 40, 50]) sampleAt(percent, short);
    const percents = short.getHistory().map((stats) => Math.round(stats.systemPercent));
    expect(percents).toEqual([30, 40, 50]);
    expect(short.getCurrentStats()).toBe(short.getHistory().at(-1));
    short.getHistory().pop();
    expect(short.getHistory()).toHaveLength(3);
  });

  it('averages the samples of the last seconds', () => {
    vi.useFakeTimers();
    expect(monitor.getAveragePressure()).toBe(0);
    for (const percent of [40, 50, 90]) {
      sampleAt(percent);
      vi.advanceTimersByTime(25_000);
    }
    expect(monitor.getAveragePressure()).toBeCloseTo(70, 3);
    expect(monitor.getAveragePressure(Infinity)).toBeCloseTo(60, 3);
  });

  it('leaves older samples out of the average', () => {
    vi.useFakeTimers();
    sampleAt(20);
    vi.advanceTimersByTime(50_000);
    sampleAt(40);
    vi.advanceTimersByTime(20_000);
    expect(monitor.getAveragePressure(60)).toBeCloseTo(40, 3);
    expect(monitor.getAveragePressure(80)).toBeCloseTo(30, 3);
    vi.advanceTimersByTime(100_000);
    expect(monitor.getAveragePressure(60)).toBeCloseTo(40, 3);
  });

  it('refuses an invalid number of seconds', () => {
    expect(() => monitor.getAveragePressure(-1)).toThrow(RangeError);
    expect(() => monitor.getAveragePressure(Number.NaN)).toThrow(RangeError);
    expect(() => monitor.getAveragePressure('60' as unknown as number)).toThrow(TypeError);
  });

  it('reports pressure, critical pressure and the amount to evict', () => {
    const totalMb = totalKb / kbPerMb;
    const asked = (percent: number) => {
      const fresh = monitorWith();
      sampleAt(percent, fresh);
      return [
        fresh.isUnderPressure(),
        fresh.isCriticalPressure(),
        Math.round((fresh.getEvictionTargetMb() / totalMb) * 100),
        Math.round((fresh.getAvailableMemoryMb() / totalMb) * 100),
      ];
    };
    expect(asked(50)).toEqual([false, false, 0, 50]);
    expect(asked(80)).toEqual([false, false, 15, 20]);
    expect(asked(90)).toEqual([true, false, 15, 10]);
    expect(asked(96)).toEqual([true, true, 26, 4]);
  });

  it('takes a sample for a query before the first', () => {
    machine.use(90);
    expect(monitorWith().isUnderPressure()).toBe(true);
    expect(monitorWith().isCriticalPressure()).toBe(false);
    expect(monitorWith().getAvailableMemoryMb()).toBeCloseTo((totalKb * 0.1) / kbPerMb, 6);
    expect(monitorWith().getEvictionTargetMb()).toBeGreaterThan(0);
    expect(monitorWith().getSummary().pressureLevel).toBe('HIGH');
  });

  it('summarises the latest sample', () => {
    const stats = sampleAt(96);
    machine.break();
    expect(monitor.getSummary()).toEqual({
      timestamp: stats.timestamp.toISOString(),
      pressureLevel: 'CRITICAL',
      system: {
        usedMb: stats.systemTotalMb - stats.systemAvailableMb,
        availableMb: stats.systemAvailableMb,
        totalMb: stats.systemTotalMb,
        percent: stats.systemPercent,
      },
      process: {
        rssMb: stats.processRssMb,
        vmsMb: stats.processVmsMb,
        percent: stats.processPercent,
      },
      thresholds: { normal: 60, elevated: 75, high: 85, critical: 95 },
      limitedBy: 'system',
      evictionTargetMb: monitor.getEvictionTargetMb(),
      underPressure: true,
      critical: true,
    });
  });

  describe('the monitoring by a MemoryPressureMonitor', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });

    it('takes a sample at once and then at each interval', () => {
      const frequent = monitorWith({ sampleIntervalSeconds: 0.5 });
      onTestFinished(() => frequent.stopMonitoring());
      expect(frequent.monitoring).toBe(false);
      frequent.startMonitoring();
      expect(frequent.monitoring).toBe(true);
      expect(frequent.getHistory()).toHaveLength(1);
      vi.advanceTimersByTime(1_500);
      expect(frequent.getHistory()).toHaveLength(4);
    });

    it('starts once, stops once, and restarts', () => {
      for (let round = 0; round < 5; round++) {
        monitor.startMonitoring();
        monitor.startMonitoring();
        expect(vi.getTimerCount()).toBe(1);
        monitor.stopMonitoring();
        monitor.stopMonitoring();
        expect(vi.getTimerCount()).toBe(0);
        expect(monitor.monitoring).toBe(false);
      }
      expect(monitor.getHistory()).toHaveLength(5);
      vi.advanceTimersByTime(60_000);
      expect(monitor.getHistory()).toHaveLength(5);
    });

    it('can be stopped from within its first sample', () => {
      monitor.once('sample', () => monitor.stopMonitoring());
      monitor.startMonitoring();
      expect(monitor.monitoring).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it('does not keep the process alive', () => {
    const started = vi.spyOn(globalThis, 'setInterval');
    monitor.startMonitoring();
    expect(started.mock.results[0]?.value.hasRef()).toBe(false);
  });
});

describe('the global monitor', () => {
  afterEach(() => shutdownMonitoring());

  it('is one object, started on first use, and created again after a shutdown', () => {
    const monitor = getGlobalMonitor();
    expect(monitor.monitoring).toBe(true);
    expect(getGlobalMonitor()).toBe(monitor);
    shutdownMonitoring();
    shutdownMonitoring();
    expect(monitor.monitoring).toBe(false);
    const next = getGlobalMonitor();
    expect(next).not.toBe(monitor);
    expect(next.monitoring).toBe(true);
  });
});

describe('a MemoryPressureMonitor on this machine', () => {
  it('reads a plausible state', () => {
    const stats = new MemoryPressureMonitor().sample();
    expect(stats.processRssMb).toBeGreaterThan(10);
    expect(stats.processVmsMb).toBeGreaterThan(stats.processRssMb);
    expect(stats.systemAvailableMb).toBeLessThanOrEqual(stats.systemTotalMb);
    expect(stats.systemPercent).toBeGreaterThan(0);
    expect(stats.systemPercent).toBeLessThanOrEqual(100);
    const usedMb = stats.systemTotalMb - stats.systemAvailableMb;
    expect((usedMb / stats.systemTotalMb) * 100).toBeCloseTo(stats.systemPercent, 6);
  });

  it.runIf(onLinux)('agrees with /proc/meminfo to 1 %', ({ skip }) => {
    const monitor = new MemoryPressureMonitor();
    const before = readMeminfo();
    const stats = monitor.sample();
    const after = readMeminfo();
    skip(stats.limitedBy !== 'system', 'a memory cgroup is tighter than the machine');
    // Other processes may take or free memory meanwhile, so a value between the two is accepted.
    const expectBetween = (actual: number, a: number, b: number, tolerance: number) => {
      expect(actual).toBeGreaterThan(Math.min(a, b) - tolerance);
      expect(actual).toBeLessThan(Math.max(a, b) + tolerance);
    };
    const onePercent = before.totalMb / 100;
    expectBetween(stats.systemTotalMb, before.totalMb, after.totalMb, onePercent);
    expectBetween(stats.systemAvailableMb, before.availableMb, after.availableMb, onePercent);
    expectBetween(stats.systemPercent, before.percent, after.percent, 1);
  });
});
