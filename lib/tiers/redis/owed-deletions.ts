/** Keys kept at most; beyond it everything is owed. */
const MAX_KEYS = 10_000;

/**
 * What has been forgotten here and may still be in the remote, so that it does not come back from there
 * while the deletion is on its way, or waits for the remote to be back.
 */
export class OwedDeletions {
  #keys = new Set<string>();
  #all = false;

  get isEmpty(): boolean {
    return !this.#all && this.#keys.size === 0;
  }

  has(key: string): boolean {
    return this.#all || this.#keys.has(key);
  }

  add(keys: readonly string[] | undefined): void {
    for (const key of keys ?? []) this.#keys.add(key);
    if (keys === undefined || this.#keys.size > MAX_KEYS) {
      this.#all = true;
      this.#keys.clear();
    }
  }

  /** These are done; all if undefined. */
  settle(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.#all = false;
    else for (const key of keys) this.#keys.delete(key);
  }

  /** What is owed now; undefined for all. It stays owed. */
  list(): string[] | undefined {
    return this.#all ? undefined : [...this.#keys];
  }
}
