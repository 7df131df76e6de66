// Tests what a monitor reports to listeners and callbacks, of samples and of failures.

import { type EventEmitter, errorMonitor } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SampleError } from '../lib/errors/errors.js';
import { PressureLevel, pressureLevelName } from '../lib/memory/pressure-level.js';
import { folder, machine, monitor, monitorWith, sampleAt } from './helpers/fed-monitor.js';

const onLinux = process.platform === 'linux';

/** Resolves when the handlers of settled promises have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe.runIf(onLinux)('a MemoryPressureMonitor on given files', () => {
  describe('the emitter of samples', () => {
    it('emits every sample, and a level once per change', () => {
      const samples = vi.fn();
      const pressures: [string, string][] = [];
      monitor.on('sample', samples);
      monitor.on('pressure', (stats, previous) => {
        pressures.push([pressureLevelName(previous), pressureLevelName(stats.pressureLevel)]);
      });
      for (const percent of [50, 90, 91, 96, 97, 50]) sampleAt(percent);
      expect(samples).toHaveBeenCalledTimes(6);
      expect(pressures).toEqual([
        ['NORMAL', 'HIGH'],
        ['HIGH', 'CRITICAL'],
        ['CRITICAL', 'NORMAL'],
      ]);
    });

    it('calls only the callbacks of the new level, once per change', () => {
      const high = vi.fn();
      const critical = vi.fn();
      const normal = vi.fn();
      monitor.registerPressureCallback(PressureLevel.HIGH, high);
      monitor.registerPressureCallback(PressureLevel.CRITICAL, critical);
      monitor.registerPressureCallback(PressureLevel.NORMAL, normal);
      const first = sampleAt(86);
      expect(high).toHaveBeenCalledExactlyOnceWith(first);
      for (const percent of [87, 86, 88]) sampleAt(percent);
      expect(high).toHaveBeenCalledTimes(1);
      sampleAt(99);
      sampleAt(86);
      expect(critical).toHaveBeenCalledTimes(1);
      expect(high).toHaveBeenCalledTimes(2);
      sampleAt(10);
      expect(normal).toHaveBeenCalledTimes(1);
    });

    it('treats the level before the first sample as normal', () => {
      const normal = vi.fn();
      monitor.registerPressureCallback(PressureLevel.NORMAL, normal);
      sampleAt(50);
      expect(normal).not.toHaveBeenCalled();
    });

    it('removes one registration at a time', () => {
      const callback = vi.fn();
      const first = monitor.registerPressureCallback(PressureLevel.HIGH, callback);
      const second = monitor.registerPressureCallback(PressureLevel.HIGH, callback);
      sampleAt(86);
      expect(callback).toHaveBeenCalledTimes(2);
      first();
      first();
      sampleAt(50);
      sampleAt(86);
      expect(callback).toHaveBeenCalledTimes(3);
      second();
      sampleAt(50);
      sampleAt(86);
      expect(callback).toHaveBeenCalledTimes(3);
    });

    it('survives a callback that throws, and reports it', () => {
      const boom = new Error('boom');
      const errors = vi.fn();
      const after = vi.fn();
      monitor.on('error', errors);
      monitor.registerPressureCallback(PressureLevel.HIGH, () => {
        throw boom;
      });
      monitor.registerPressureCallback(PressureLevel.HIGH, () => {
        throw 'no error at all';
      });
      monitor.registerPressureCallback(PressureLevel.HIGH, after);
      expect(sampleAt(86).pressureLevel).toBe(PressureLevel.HIGH);
      expect(after).toHaveBeenCalledTimes(1);
      expect(errors.mock.calls[0]?.[0]).toBe(boom);
      expect(errors.mock.calls[1]?.[0]).toMatchObject({
        code: 'ERR_EBBCACHE_CALLBACK',
        cause: 'no error at all',
      });
    });

    it('survives a callback that rejects, and reports it', async () => {
      const errors = vi.fn();
      monitor.on('error', errors);
      monitor.registerPressureCallback(PressureLevel.HIGH, async () => {
        throw new Error('later');
      });
      sampleAt(86);
      await settled();
      expect(errors.mock.calls.map(([error]) => error.message)).toEqual(['later']);
    });

    it('calls the listeners and callbacks after a listener that throws', () => {
      const errors = vi.fn();
      const reached: string[] = [];
      monitor.on('error', errors);
      for (const event of ['sample', 'pressure'] as const) {
        monitor.on(event, () => {
          throw new Error(event);
        });
        monitor.on(event, () => reached.push(event));
      }
      monitor.registerPressureCallback(PressureLevel.HIGH, () => reached.push('callback'));
      sampleAt(86);
      expect(reached).toEqual(['sample', 'pressure', 'callback']);
      expect(errors.mock.calls.map(([error]) => error.message)).toEqual(['sample', 'pressure']);
    });

    it('survives a listener that rejects, and reports it', async () => {
      const errors = vi.fn();
      monitor.on('error', errors);
      monitor.on('sample', async () => {
        throw new Error('sample');
      });
      monitor.once('pressure', async () => {
        throw 'no error at all';
      });
      sampleAt(86);
      expect(errors).not.toHaveBeenCalled();
      await settled();
      expect(errors.mock.calls.map(([error]) => error.cause ?? error.message)).toEqual([
        'sample',
        'no error at all',
      ]);
    });

    it('calls a listener as an EventEmitter does', () => {
      const seen: unknown[][] = [];
      monitor.on('pressure', function (this: unknown, ...args) {
        seen.push([this, ...args]);
      });
      const stats = sampleAt(86);
      expect(seen).toEqual([[monitor, stats, PressureLevel.NORMAL]]);
      expect(seen[0]?.[0]).toBe(monitor);
    });

    it('calls a listener of once() once, even one that throws', () => {
      const errors = vi.fn();
      const once = vi.fn(() => {
        throw new Error('boom');
      });
      monitor.on('error', errors);
      monitor.once('sample', once);
      for (const percent of [50, 51, 52]) sampleAt(percent);
      expect(once).toHaveBeenCalledTimes(1);
      expect(errors).toHaveBeenCalledTimes(1);
      expect(monitor.listenerCount('sample')).toBe(0);
    });

    it('survives an error listener that fails, and warns once', async () => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const watched = vi.fn();
      const after = vi.fn();
      // Its type knows the named events only.
      (monitor as EventEmitter).on(errorMonitor, watched);
      monitor.on('error', () => {
        throw new Error('worse');
      });
      monitor.on('error', async () => {
        throw new Error('later');
      });
      monitor.on('error', after);
      vi.useFakeTimers();
      machine.break();
      monitor.startMonitoring();
      vi.advanceTimersByTime(5_000);
      vi.useRealTimers();
      await settled();
      expect(watched).toHaveBeenCalledTimes(2);
      expect(after).toHaveBeenCalledTimes(2);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toMatch(/^worse \(A listener of the monitor's 'error' event/);
    });

    it('accepts any number of listeners without a warning', () => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      for (let i = 0; i < 50; i++) monitor.on('pressure', () => {});
      expect(monitor.listenerCount('pressure')).toBe(50);
      expect(warn).not.toHaveBeenCalled();
    });

    it('warns once where there is no listener for errors', () => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      monitor.registerPressureCallback(PressureLevel.HIGH, () => {
        throw new Error('boom');
      });
      for (const percent of [86, 50, 86, 50, 86]) sampleAt(percent);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain('boom');
    });

    it('allows a callback to sample and unregister', () => {
      const seen: number[] = [];
      const unregister = monitor.registerPressureCallback(PressureLevel.HIGH, (stats) => {
        seen.push(stats.pressureLevel);
        unregister();
        sampleAt(96);
      });
      monitor.registerPressureCallback(PressureLevel.CRITICAL, (stats) => {
        seen.push(stats.pressureLevel);
      });
      sampleAt(86);
      expect(seen).toEqual([PressureLevel.HIGH, PressureLevel.CRITICAL]);
      expect(monitor.getHistory()).toHaveLength(2);
      sampleAt(86);
      expect(seen).toHaveLength(2);
    });

    it('refuses an invalid level or callback', () => {
      const register = (level: unknown, callback: unknown) => () =>
        monitor.registerPressureCallback(level as PressureLevel, callback as () => void);
      expect(register('HIGH', () => {})).toThrow(TypeError);
      expect(register(5, () => {})).toThrow(RangeError);
      expect(register(0, () => {})).toThrow(RangeError);
      expect(register(PressureLevel.HIGH, undefined)).toThrow(TypeError);
    });
  });

  describe('a monitor that cannot read the machine', () => {
    it('throws a typed error, retains the last good state, and recovers', () => {
      const good = sampleAt(86);
      machine.break();
      expect(() => monitor.sample()).toThrow(SampleError);
      expect(() => monitor.sample()).toThrow(
        expect.objectContaining({ code: 'ERR_EBBCACHE_SAMPLE' }),
      );
      expect(monitor.getCurrentStats()).toBe(good);
      expect(monitor.getHistory()).toHaveLength(1);
      expect(monitor.isUnderPressure()).toBe(true);
      expect(sampleAt(50).pressureLevel).toBe(PressureLevel.NORMAL);
    });

    it('throws from queries when it has no sample', () => {
      const lost = monitorWith({ procRoot: join(folder, 'absent') });
      expect(() => lost.getSummary()).toThrow(SampleError);
      expect(() => lost.isUnderPressure()).toThrow(SampleError);
      expect(() => lost.getAvailableMemoryMb()).toThrow(SampleError);
      expect(() => lost.getEvictionTargetMb()).toThrow(SampleError);
      expect(lost.getCurrentStats()).toBeUndefined();
      expect(lost.getAveragePressure()).toBe(0);
    });

    it('emits an error event when a sample of its timer fails', () => {
      vi.useFakeTimers();
      const errors = vi.fn();
      monitor.on('error', errors);
      machine.use(50);
      monitor.startMonitoring();
      machine.break();
      vi.advanceTimersByTime(10_000);
      expect(errors).toHaveBeenCalledTimes(2);
      expect(errors.mock.calls[0]?.[0]).toBeInstanceOf(SampleError);
      expect(monitor.monitoring).toBe(true);
      machine.use(50);
      vi.advanceTimersByTime(5_000);
      expect(errors).toHaveBeenCalledTimes(2);
      expect(monitor.getHistory()).toHaveLength(2);
    });

    it('never throws from the timer where there is no listener', () => {
      vi.useFakeTimers();
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      machine.break();
      monitor.startMonitoring();
      vi.advanceTimersByTime(20_000);
      expect(warn).toHaveBeenCalledTimes(1);
    });
  });
});
