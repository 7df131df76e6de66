// Holds the level of a monitor on the store of a cache. The native governor shrinks the store by the real
// pressure on the machine and by its own thresholds; a monitor may have others. The governor uses a held
// level as the minimum for the store, so each change of it is passed on once, and the store counts the
// effects.

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
    // An earlier listener may have shut the cache down. The monitor still calls this one.
    if (this.#stopped) return;
    // At CRITICAL each sample evicts what was put since the previous one.
    if (level === this.#level && level !== PressureLevel.CRITICAL) return;
    this.#level = level;
    this.#arena.holdPressure(level);
  }
}
