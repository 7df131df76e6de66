// What a cache does when its monitor says that memory gets tight. The native store already gives way
// to the machine's real pressure; this makes it give way to a monitor with thresholds or roots of its
// own too, with each of its samples, and counts.

import type { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { MemoryStats } from '../memory/memory-stats.js';
import { PressureLevel } from '../memory/pressure-level.js';
import type { ArenaCache } from './arena-cache.js';

/** Share of maxBytes that may stay, by level: the same as the native governor's. */
const SHARES: Record<PressureLevel, number> = {
  [PressureLevel.NORMAL]: 1,
  [PressureLevel.ELEVATED]: 0.75,
  [PressureLevel.HIGH]: 0.5,
  [PressureLevel.CRITICAL]: 0,
};

export class PressureResponse {
  /** Times the level rose. */
  events = 0;
  /** Times the store gave way, here or by its own governor, at a rise or later. */
  adjustments = 0;
  /** Entries evicted here; the store counts those of its own governor. */
  evictions = 0;

  #level: PressureLevel = PressureLevel.NORMAL;
  readonly #arena: ArenaCache<unknown>;
  readonly #monitor: MemoryPressureMonitor;
  readonly #listener = (stats: MemoryStats) => this.#respond(stats.pressureLevel);

  constructor(arena: ArenaCache<unknown>, monitor: MemoryPressureMonitor) {
    this.#arena = arena;
    this.#monitor = monitor;
    monitor.on('sample', this.#listener);
    const current = monitor.getCurrentStats();
    if (current !== undefined) this.#listener(current);
  }

  stop(): void {
    this.#monitor.off('sample', this.#listener);
  }

  #respond(level: PressureLevel): void {
    const rose = level > this.#level;
    this.#level = level;
    if (rose) this.events++;
    if (level === PressureLevel.NORMAL) return;
    const before = this.#arena.stats();
    const excess = before.heldBytes - SHARES[level] * before.maxBytes;
    const released = excess > 0 ? this.#arena.shrink(excess) : 0;
    this.evictions += this.#arena.stats().evictions - before.evictions;
    if (released > 0 || (rose && before.budgetBytes < before.maxBytes)) this.adjustments++;
  }
}
