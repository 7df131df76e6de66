/** A place in the queue of some keys. */
export interface Place {
  /** Resolves when all earlier places were left; undefined if there are none. Never rejects. */
  turn: Promise<unknown> | undefined;
  /** Releases the places behind, once it is their turn too. */
  leave(): void;
}

/**
 * Orders the writes and deletions of a key: they run one after the other, in the order in which they came,
 * each when the previous one has left. A place for all keys waits for every earlier one, and every later one
 * waits for it.
 */
export class KeyOrder {
  readonly #last = new Map<string, Promise<unknown>>();
  #lastOfAll: Promise<unknown> | undefined;

  /**
   * Resolves when the current places were left; undefined if there are none. Undefined keys stand for all
   * keys.
   */
  before(keys: readonly string[] | undefined): Promise<unknown> | undefined {
    const found = new Set(
      keys === undefined ? this.#last.values() : keys.map((key) => this.#last.get(key)),
    );
    // The places in the queue of a key have themselves waited for it.
    found.add(this.#lastOfAll);
    found.delete(undefined);
    return found.size === 0 ? undefined : Promise.all(found);
  }

  enter(keys: readonly string[] | undefined): Place {
    const turn = this.before(keys);
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const over = turn === undefined ? left : turn.then(() => left);
    if (keys === undefined) {
      this.#last.clear();
      this.#lastOfAll = over;
    }
    for (const key of keys ?? []) this.#last.set(key, over);
    void over.then(() => this.#forget(keys ?? [], over));
    return { turn, leave };
  }

  #forget(keys: readonly string[], over: Promise<unknown>): void {
    if (this.#lastOfAll === over) this.#lastOfAll = undefined;
    for (const key of keys) if (this.#last.get(key) === over) this.#last.delete(key);
  }
}
