// What a cache does when its monitor says that memory gets tight. The native store already gives way
// to the machine's real pressure; this makes it give way to a monitor with thresholds or roots of its
// own too, as long as that is not normal, and counts.

import type { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { MemoryStats } from '../memory/memory-stats.js';
import { PressureLevel } from '../memory/pressure-level.js';
import type { ArenaCache } from './arena-cache.js';

export class PressureResponse {
  /** Times the level rose, or one was applied by hand. */
  events = 0;
  /** Times the store gave way, here or by its own governor, at a rise or later. */
  adjustments = 0;

  #level: PressureLevel = PressureLevel.NORMAL;
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

  /** As ArenaCache's applyPressure. */
  apply(level: PressureLevel): number {
    const released = this.#arena.applyPressure(level);
    if (level > PressureLevel.NORMAL) this.events++;
    if (released > 0) this.adjustments++;
    return released;
  }

  stop(): void {
    this.#monitor?.off('sample', this.#listener);
  }

  #respond(level: PressureLevel): void {
    // Nearly all samples.
    if (level === PressureLevel.NORMAL && this.#level === PressureLevel.NORMAL) return;
    const rose = level > this.#level;
    this.#level = level;
    if (rose) this.events++;
    const before = this.#arena.stats();
    const released = this.#arena.holdPressure(level);
    if (released > 0 || (rose && before.budgetBytes < before.maxBytes)) this.adjustments++;
  }
}
