import type { ArenaCache, Removal } from '../../lib/index.js';

const SENTINEL = 'the last one';

/** Collects the removals that a cache reports. */
export class HeardRemovals {
  /** The removals of each event. */
  readonly batches: Removal[][] = [];
  lost = 0;
  #onHeard = (): void => {};
  readonly #cache: ArenaCache<unknown>;

  constructor(cache: ArenaCache<unknown>) {
    this.#cache = cache;
    cache.on('remove', (removals) => {
      this.batches.push(removals);
      this.#onHeard();
    });
    cache.on('removalsLost', (count) => {
      this.lost += count;
      this.#onHeard();
    });
  }

  get all(): Removal[] {
    return this.batches.flat();
  }

  /** Returns each removal as 'key reason', and removes all from the collection. */
  take(): string[] {
    return this.batches
      .splice(0)
      .flat()
      .map(({ key, reason }) => `${key} ${reason}`);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#onHeard = resolve));
  }

  /** Waits until all earlier removals were reported; it sets and deletes an entry for that. */
  async settle(): Promise<void> {
    this.#cache.set(SENTINEL, 0);
    this.#cache.delete(SENTINEL);
    await this.until(() => this.batches.at(-1)?.at(-1)?.key === SENTINEL);
    this.batches.at(-1)!.pop();
  }
}
