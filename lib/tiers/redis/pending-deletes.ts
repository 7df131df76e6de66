/** The maximum number of keys deferred, or in doubt, and of their code units; beyond it all keys count. */
const MAX_KEYS = 50_000;
const MAX_LENGTH = 8 * 1024 * 1024;

/**
 * The keys whose values may still be in the remote and must not be read from it again: keys that were removed
 * here, and keys whose write failed, so that an older value may remain. A key stays owed while its deletion
 * is in flight, or is deferred until the remote is back.
 *
 * A deletion is quiet where other processes need not be notified of it: a lost write is not an invalidation.
 *
 * A key is in doubt when its write was lost with its connection: the server may still read that write after a
 * deletion that was sent by the next connection. Its deletion is then deferred to be repeated.
 */
export class PendingDeletes {
  /** The keys, each with the number of its latest deletion. */
  readonly #keys = new Map<string, number>();
  readonly #quiet = new Set<string>();
  /** The number of the latest deletion of all keys. */
  #all: number | undefined;
  #isAllQuiet = true;
  readonly #late = new Set<string>();
  #lateLength = 0;
  #allLate = false;
  readonly #doubtful = new Set<string>();
  #allDoubtful = false;
  #latest = 0;

  get hasLate(): boolean {
    return this.#allLate || this.#late.size > 0;
  }

  get hasDoubts(): boolean {
    return this.#allDoubtful || this.#doubtful.size > 0;
  }

  /** The number of the latest deletion. */
  get latest(): number {
    return this.#latest;
  }

  has(key: string): boolean {
    return this.#all !== undefined || this.#keys.has(key);
  }

  add(keys: readonly string[] | undefined): void {
    this.#latest++;
    if (keys === undefined) {
      this.#all = this.#latest;
      this.#isAllQuiet = false;
    }
    for (const key of keys ?? []) {
      this.#keys.set(key, this.#latest);
      this.#quiet.delete(key);
    }
  }

  /** Adds a quiet deletion, which is deferred at once. */
  addQuiet(key: string): void {
    this.#latest++;
    if (!this.#keys.has(key)) this.#quiet.add(key);
    this.#keys.set(key, this.#latest);
    this.defer([key]);
  }

  /** The keys of which other processes must be notified; all keys if undefined. */
  toTell(keys: string[] | undefined): string[] | undefined {
    if (keys === undefined) return this.#isAllQuiet ? [] : undefined;
    return keys.filter((key) => !this.#quiet.has(key));
  }

  /** These keys cannot be deleted now; all keys if undefined. */
  defer(keys: readonly string[] | undefined): void {
    for (const key of keys ?? []) if (this.#keys.has(key)) this.#addLate(key);
    const fits = this.#late.size <= MAX_KEYS && this.#lateLength <= MAX_LENGTH;
    if (keys !== undefined && fits) return;
    this.#all ??= this.#latest;
    this.#allLate = true;
    for (const key of this.#late) {
      if (!this.#quiet.has(key)) this.#isAllQuiet = false;
      this.#remove(key);
    }
    this.#clearLate();
  }

  /** The keys that were deferred, to be deleted now; undefined for all keys. They stay owed. */
  takeLate(): string[] | undefined {
    const keys = this.#allLate ? undefined : [...this.#late];
    this.#allLate = false;
    this.#clearLate();
    return keys;
  }

  /** These keys, or all keys if undefined, were deleted by a deletion after those up to this number. */
  settle(keys: readonly string[] | undefined, upTo: number): void {
    if (keys === undefined && this.#all !== undefined && this.#all <= upTo) {
      if (this.hasDoubts) {
        this.#allLate = true;
      } else {
        this.#all = undefined;
        this.#isAllQuiet = true;
      }
    }
    for (const key of keys ?? [...this.#keys.keys()]) {
      const number = this.#keys.get(key);
      if (number === undefined || number > upTo) continue;
      if (this.#allDoubtful || this.#doubtful.has(key)) this.#addLate(key);
      else this.#remove(key);
    }
  }

  markUncertain(key: string): void {
    this.#doubtful.add(key);
    if (this.#doubtful.size <= MAX_KEYS) return;
    this.#allDoubtful = true;
    this.#doubtful.clear();
  }

  /** The lost writes have been carried out by now, or never will be. */
  endDoubts(): void {
    this.#doubtful.clear();
    this.#allDoubtful = false;
  }

  #addLate(key: string): void {
    if (this.#late.has(key)) return;
    this.#late.add(key);
    this.#lateLength += key.length;
  }

  #remove(key: string): void {
    this.#keys.delete(key);
    this.#quiet.delete(key);
    if (this.#late.delete(key)) this.#lateLength -= key.length;
  }

  #clearLate(): void {
    this.#late.clear();
    this.#lateLength = 0;
  }
}
