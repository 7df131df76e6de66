/** Keys kept at most: what is used and not in memory is what was read a short while ago. */
const MAX_KEYS = 8192;

/** Which records on disk are in use: those that the memory tier has, and those that were read lately. */
export class RecentlyUsed {
  readonly #keys = new Set<string>();
  readonly #isInMemory: (key: string) => boolean;

  constructor(isInMemory: (key: string) => boolean) {
    this.#isInMemory = isInMemory;
  }

  add(key: string): void {
    if (this.#keys.size >= MAX_KEYS) {
      const [oldest] = this.#keys;
      this.#keys.delete(oldest!);
    }
    this.#keys.add(key);
  }

  /** Whether the key is in use; that it was read counts once. */
  take(key: string): boolean {
    return this.#keys.delete(key) || this.#isInMemory(key);
  }

  clear(): void {
    this.#keys.clear();
  }
}
