import { EventEmitter, errorMonitor } from 'node:events';
import {
  argumentRangeError,
  argumentTypeError,
  EbbcacheError,
  SampleError,
} from '../errors/errors.js';
import { native } from '../native/addon.js';
import { makeReadings, type NativeSampler, Reading, type Thresholds } from '../native/sampler.js';
import { inRootContext } from '../process/root-context.js';
import { type WarningCode, warn } from '../process/warnings.js';
import { type MemoryStats, statsOf, toMb } from './memory-stats.js';
import {
  type MonitorOptions,
  type ResolvedMonitorOptions,
  resolveMonitorOptions,
} from './monitor-options.js';
import { checkLevel, PressureLevel, pressureLevelName } from './pressure-level.js';

/** A function for registerPressureCallback; it is called with the sample that changed the level. */
export type PressureCallback = (stats: MemoryStats) => void;

/** A monitor's state as plain data, for logs and status pages. Sizes are in MiB. */
export interface MemorySummary {
  /** The time of the sample, in ISO 8601. */
  timestamp: string;
  /** The name of the level, e.g. 'HIGH'. */
  pressureLevel: string;
  /** Memory within the effective limit. */
  system: { usedMb: number; availableMb: number; totalMb: number; percent: number };
  /** Resident and virtual memory of this process, and the resident share of the effective limit. */
  process: { rssMb: number; vmsMb: number; percent: number };
  /** Where the levels of the monitor begin. */
  thresholds: Thresholds;
  /** Which of the two is the effective limit. */
  limitedBy: 'system' | 'cgroup';
  /** The MiB to free to leave this level: the result of getEvictionTargetMb. */
  evictionTargetMb: number;
  /** Whether the level is HIGH or CRITICAL. */
  underPressure: boolean;
  /** Whether the level is CRITICAL. */
  critical: boolean;
}

/** The events of a MemoryPressureMonitor. */
export interface MonitorEvents {
  /** Every sample. */
  sample: [stats: MemoryStats];
  /** A sample whose level differs from that of the previous one. */
  pressure: [stats: MemoryStats, previousLevel: PressureLevel];
  /** A timed sample that failed, or a callback or listener that threw or rejected. */
  error: [error: Error];
}

interface Entry {
  stats: MemoryStats;
  evictionTargetMb: number;
  /** The time on the monotonic clock, ms, because the wall clock may jump. */
  takenAt: number;
}

/**
 * Watches the memory of this process and of what limits it: the machine or its memory cgroup, whichever is
 * tighter.
 *
 * Events: 'sample' (stats), 'pressure' (stats, previousLevel) when the level changed, and 'error'. Unlike
 * with other emitters, an 'error' without a listener does not throw: the first one becomes a process warning.
 * A failed sample changes nothing else: the previous good sample stays the current one, and its timestamp
 * says how old it is.
 *
 * A listener that throws, or rejects, does not stop the others and becomes an 'error' event; the first
 * failure of an 'error' listener becomes a process warning.
 *
 * A monitor only reports; it frees nothing. Caches shrink by themselves, in native code, whether or not a
 * monitor runs.
 *
 * @example
 * const monitor = new MemoryPressureMonitor({ sampleIntervalSeconds: 1 });
 * monitor.registerPressureCallback(PressureLevel.HIGH, (stats) => console.warn(stats));
 * monitor.startMonitoring();
 */
export class MemoryPressureMonitor extends EventEmitter<MonitorEvents> {
  readonly #options: ResolvedMonitorOptions;
  /** The numbers of the latest sample. */
  readonly #readings = makeReadings();
  readonly #readMachine: NativeSampler;
  readonly #callbacks = new Map<PressureLevel, Set<{ callback: PressureCallback }>>();
  readonly #history: Entry[] = [];
  #level: PressureLevel = PressureLevel.NORMAL;
  #timer: NodeJS.Timeout | undefined;
  readonly #warned = new Set<WarningCode>();

  /**
   * Reads nothing yet and starts no timer.
   *
   * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT', naming the option.
   */
  constructor(options?: MonitorOptions) {
    super();
    // Every cache that follows this monitor listens to it, so many listeners are not a leak.
    this.setMaxListeners(0);
    this.#options = resolveMonitorOptions(options);
    const { thresholds, procRoot, cgroupRoot } = this.#options;
    this.#readMachine = native.createSampler(
      { ...thresholds, procRoot, cgroupRoot },
      this.#readings,
    );
  }

  /**
   * Takes a sample now and one every `sampleIntervalSeconds`. It does nothing when already started; it may
   * follow stopMonitoring() any number of times.
   *
   * The timer does not keep the process alive, and its callbacks run in no caller's asynchronous context. A
   * machine that cannot be read never makes this throw: that is an 'error' event.
   */
  startMonitoring(): void {
    if (this.monitoring) return;
    const interval = Math.round(this.#options.sampleIntervalSeconds * 1000);
    // The timer starts before the first sample, so that a listener can already stop it.
    this.#timer = inRootContext(() => setInterval(() => this.#timedSample(), interval));
    this.#timer.unref();
    this.#timedSample();
  }

  /** Stops the timer; history, listeners and callbacks stay. It does nothing when not started. */
  stopMonitoring(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether the timer runs. */
  get monitoring(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * Reads the machine now (10 to 50 microseconds), records the sample, and notifies listeners and callbacks
   * before it returns. The level before the first sample counts as NORMAL.
   *
   * @throws SampleError (code 'ERR_EBBCACHE_SAMPLE') when the machine cannot be read. Nothing is recorded
   *   then, and a later call may succeed.
   */
  sample(): MemoryStats {
    return this.#takeSample().stats;
  }

  /** The latest sample; undefined before the first. */
  getCurrentStats(): MemoryStats | undefined {
    return this.#history.at(-1)?.stats;
  }

  /** The latest `historySize` samples, oldest first, in an array that belongs to the caller. */
  getHistory(): MemoryStats[] {
    return this.#history.map((entry) => entry.stats);
  }

  /**
   * The mean of systemPercent over the samples of the last `seconds`. Where no sample is that recent, it is
   * that of the latest sample; it is 0 before the first.
   *
   * @param seconds Default 60; 0 or more.
   * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT'.
   */
  getAveragePressure(seconds = 60): number {
    if (typeof seconds !== 'number') {
      throw argumentTypeError('The seconds to average over must be a number.');
    }
    if (!(seconds >= 0)) {
      throw argumentRangeError(
        `The seconds to average over are ${seconds}, but must be 0 or more.`,
      );
    }
    const since = performance.now() - seconds * 1000;
    const recent = this.#history.filter((entry) => entry.takenAt >= since);
    if (recent.length === 0) return this.getCurrentStats()?.systemPercent ?? 0;
    return recent.reduce((sum, entry) => sum + entry.stats.systemPercent, 0) / recent.length;
  }

  /**
   * Whether the level of the latest sample is HIGH or CRITICAL; ELEVATED is not yet pressure. It takes a
   * sample when there is none yet.
   *
   * @throws SampleError when there is no sample and the machine cannot be read.
   */
  isUnderPressure(): boolean {
    return this.#latest().stats.pressureLevel >= PressureLevel.HIGH;
  }

  /** Whether the level is CRITICAL. It samples and throws as isUnderPressure() does. */
  isCriticalPressure(): boolean {
    return this.#latest().stats.pressureLevel === PressureLevel.CRITICAL;
  }

  /**
   * The MiB that can still be used within the effective limit. It samples and throws as isUnderPressure()
   * does.
   */
  getAvailableMemoryMb(): number {
    return this.#latest().stats.systemAvailableMb;
  }

  /**
   * The MiB to free to return to 65, 75, 70 % of the effective limit from ELEVATED, HIGH, CRITICAL; 0 when
   * NORMAL. It samples and throws as isUnderPressure() does.
   */
  getEvictionTargetMb(): number {
    return this.#latest().evictionTargetMb;
  }

  /**
   * Calls `callback` once for each change of the level to `level`, from above or below. A callback that
   * throws, or rejects, does not stop the others and becomes an 'error' event.
   *
   * @returns A function that unregisters; calling it again does nothing.
   * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT'.
   */
  registerPressureCallback(level: PressureLevel, callback: PressureCallback): () => void {
    checkLevel(level);
    if (typeof callback !== 'function') {
      throw argumentTypeError('A pressure callback must be a function.');
    }
    // Each registration has an object of its own, so that a function registered twice is called and removed
    // twice.
    const registration = { callback };
    const registered = this.#callbacks.get(level) ?? new Set();
    this.#callbacks.set(level, registered.add(registration));
    return () => {
      registered.delete(registration);
    };
  }

  /** The latest sample as plain data. It samples and throws as isUnderPressure() does. */
  getSummary(): MemorySummary {
    const { stats, evictionTargetMb } = this.#latest();
    return {
      timestamp: stats.timestamp.toISOString(),
      pressureLevel: pressureLevelName(stats.pressureLevel),
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
      thresholds: { ...this.#options.thresholds },
      limitedBy: stats.limitedBy,
      evictionTargetMb,
      underPressure: stats.pressureLevel >= PressureLevel.HIGH,
      critical: stats.pressureLevel === PressureLevel.CRITICAL,
    };
  }

  #latest(): Entry {
    return this.#history.at(-1) ?? this.#takeSample();
  }

  #timedSample(): void {
    try {
      this.#takeSample();
    } catch (error) {
      this.#report(error);
    }
  }

  #takeSample(): Entry {
    this.#read();
    const entry: Entry = {
      stats: statsOf(this.#readings, new Date()),
      evictionTargetMb: toMb(this.#readings[Reading.evictionTarget]),
      takenAt: performance.now(),
    };
    this.#history.push(entry);
    if (this.#history.length > this.#options.historySize) this.#history.shift();
    // The level is set before listeners are notified, because a listener may sample again.
    const previousLevel = this.#level;
    this.#level = entry.stats.pressureLevel;
    this.#tell(entry.stats, previousLevel);
    return entry;
  }

  #read(): void {
    try {
      this.#readMachine();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SampleError(`Memory could not be sampled. ${reason}`, { cause });
    }
  }

  #tell(stats: MemoryStats, previousLevel: PressureLevel): void {
    this.#notify('sample', stats);
    if (stats.pressureLevel === previousLevel) return;
    this.#notify('pressure', stats, previousLevel);
    for (const { callback } of [...(this.#callbacks.get(stats.pressureLevel) ?? [])]) {
      this.#guarded(() => callback(stats));
    }
  }

  /** It replaces emit(), which stops at the first listener that throws. */
  #notify<K extends 'sample' | 'pressure'>(event: K, ...args: MonitorEvents[K]): void {
    // Raw listeners are called, because those of once() remove themselves then.
    for (const listener of this.rawListeners(event)) {
      this.#guarded(() => Reflect.apply(listener, this, args));
    }
  }

  /** Runs code of the caller, so that its failure does not reach this class. */
  #guarded(call: () => unknown, failed = (error: unknown) => this.#report(error)): void {
    try {
      // `failed` never throws, so no rejection is left unhandled.
      Promise.resolve(call()).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #report(thrown: unknown): void {
    const error = errorOf(thrown);
    if (this.listenerCount('error') === 0) {
      this.#warnOnce(
        'EBBCACHE_MONITOR',
        error,
        "Listen to the monitor's 'error' event to hear of the next ones.",
      );
      return;
    }
    for (const listener of [...this.rawListeners(errorMonitor), ...this.rawListeners('error')]) {
      this.#guarded(
        () => Reflect.apply(listener, this, [error]),
        (failure) =>
          this.#warnOnce(
            'EBBCACHE_LISTENER',
            errorOf(failure),
            "A listener of the monitor's 'error' event failed.",
          ),
      );
    }
  }

  #warnOnce(code: WarningCode, error: Error, remark: string): void {
    if (this.#warned.has(code)) return;
    if (warn(code, `${error.message} (${remark})`)) this.#warned.add(code);
  }
}

function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new EbbcacheError(
    'ERR_EBBCACHE_CALLBACK',
    'A callback or listener of a monitor threw a value that is not an error.',
    { cause: thrown },
  );
}
