/** A place in the line of some keys. */
export interface Place {
  /** Resolves when nobody before is left; undefined if nobody is there. Never rejects. */
  turn: Promise<unknown> | undefined;
  /** Lets those behind go on, once it is their turn too. */
  leave(): void;
}

/**
 * Who may write or delete a key: one after the other, in the order in which they came, each when the one
 * before has left. A place for all keys waits for everybody, and everybody behind waits for it.
 */
export class KeyOrder {
  readonly #last = new Map<string, Promise<unknown>>();
  #lastOfAll: Promise<unknown> | undefined;

  /** When those that have a place now have left; undefined if nobody has. All keys if undefined. */
  before(keys: readonly string[] | undefined): Promise<unknown> | undefined {
    const found = new Set(
      keys === undefined ? this.#last.values() : keys.map((key) => this.#last.get(key)),
    );
    // Those in the line of a key have themselves waited for it.
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
