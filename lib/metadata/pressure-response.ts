// What a cache does when its monitor says that memory gets tight. The native governor already shrinks the
// store by the machine's real pressure; this holds the level of a monitor with thresholds or roots of
// its own too, as long as that is not normal. The store counts what comes of it.

import type { ArenaCache } from '../arena/arena-cache.js';
import type { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { MemoryStats } from '../memory/memory-stats.js';
import { PressureLevel } from '../memory/pressure-level.js';

export class PressureResponse {
  #level: PressureLevel = PressureLevel.NORMAL;
  #stopped = false;
  readonly #arena: ArenaCache<unknown>;
  readonly #monitor: MemoryPressureMonitor | undefined;
  readonly #listener = (stats: MemoryStats) => this.#respond(stats.pressureLevel);

  constructor(arena: ArenaCache<unknown>, monitor?: MemoryPressureMonitor) {
    this.#arena = arena;
    this.#monitor = monitor;
    monitor?.on('sample', this.#listener);
    const current = monitor?.getCurrentStats();
    if (current !== undefined) this.#listener(current);
  }

  stop(): void {
    this.#stopped = true;
    this.#monitor?.off('sample', this.#listener);
  }

  #respond(level: PressureLevel): void {
    // A listener before this one may have shut the cache down; the monitor tells all the same.
    if (this.#stopped) return;
    // Nearly all samples.
    if (level === PressureLevel.NORMAL && this.#level === PressureLevel.NORMAL) return;
    this.#level = level;
    this.#arena.holdPressure(level);
  }
}
