// What a cache does when its monitor says that memory gets tight. The native store already gives way
// to the machine's real pressure; this makes it give way to a monitor with thresholds or roots of its
// own too, and counts.

import type { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { MemoryStats } from '../memory/memory-stats.js';
import { PressureLevel } from '../memory/pressure-level.js';
import type { ArenaCache } from './arena-cache.js';

/** Share of maxBytes that may stay, by level: the native governor's. */
const SHARES: Record<PressureLevel, number> = {
  [PressureLevel.NORMAL]: 1,
  [PressureLevel.ELEVATED]: 0.75,
  [PressureLevel.HIGH]: 0.5,
  [PressureLevel.CRITICAL]: 0,
};

export class PressureResponse {
  events = 0;
  adjustments = 0;
  /** Entries evicted here; the store counts those of its own governor. */
  evictions = 0;

  readonly #arena: ArenaCache<unknown>;
  readonly #monitor: MemoryPressureMonitor;
  readonly #listener = (stats: MemoryStats, previous: PressureLevel) => {
    if (stats.pressureLevel > previous) this.#respond(stats.pressureLevel);
  };

  constructor(arena: ArenaCache<unknown>, monitor: MemoryPressureMonitor) {
    this.#arena = arena;
    this.#monitor = monitor;
    monitor.on('pressure', this.#listener);
  }

  stop(): void {
    this.#monitor.off('pressure', this.#listener);
  }

  #respond(level: PressureLevel): void {
    this.events++;
    const before = this.#arena.stats();
    const excess = before.heldBytes - SHARES[level] * before.maxBytes;
    if (excess > 0) {
      this.#arena.shrink(excess);
      this.evictions += this.#arena.stats().evictions - before.evictions;
    }
    if (excess > 0 || before.budgetBytes < before.maxBytes) this.adjustments++;
  }
}
