/** Keys put off, or in doubt, at most; beyond it all are. */
const MAX_KEYS = 10_000;

/**
 * What has been forgotten here and may still be in the remote, so that it does not come back from there
 * while the deletion is on its way, or is put off until the remote is back.
 *
 * In doubt is a key whose write was lost with its connection: the server may still come to read it there,
 * after a deletion that was sent by the next connection. Its deletion is then put off to be repeated.
 */
export class OwedDeletions {
  /** With the number of the latest deletion of each. */
  readonly #keys = new Map<string, number>();
  /** The number of the latest deletion of everything. */
  #all: number | undefined;
  readonly #late = new Set<string>();
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
    if (keys === undefined) this.#all = this.#latest;
    for (const key of keys ?? []) this.#keys.set(key, this.#latest);
  }

  /** They cannot be deleted now; all if undefined. */
  putOff(keys: readonly string[] | undefined): void {
    for (const key of keys ?? []) if (this.#keys.has(key)) this.#late.add(key);
    if (keys !== undefined && this.#late.size <= MAX_KEYS) return;
    this.#all ??= this.#latest;
    this.#allLate = true;
    for (const key of this.#late) this.#keys.delete(key);
    this.#late.clear();
  }

  /** What was put off, to be deleted now; undefined for all. It stays owed. */
  takeLate(): string[] | undefined {
    const keys = this.#allLate ? undefined : [...this.#late];
    this.#allLate = false;
    this.#late.clear();
    return keys;
  }

  /** These are deleted, all if undefined, by a deletion that came after those up to this number. */
  settle(keys: readonly string[] | undefined, upTo: number): void {
    if (keys === undefined && this.#all !== undefined && this.#all <= upTo) {
      if (this.hasDoubts) this.#allLate = true;
      else this.#all = undefined;
    }
    for (const key of keys ?? [...this.#keys.keys()]) {
      const number = this.#keys.get(key);
      if (number === undefined || number > upTo) continue;
      if (this.#allDoubtful || this.#doubtful.has(key)) {
        this.#late.add(key);
      } else {
        this.#keys.delete(key);
        this.#late.delete(key);
      }
    }
  }

  doubt(key: string): void {
    this.#doubtful.add(key);
    if (this.#doubtful.size <= MAX_KEYS) return;
    this.#allDoubtful = true;
    this.#doubtful.clear();
  }

  /** What was lost has been carried out by now, or never will be. */
  endDoubts(): void {
    this.#doubtful.clear();
    this.#allDoubtful = false;
  }
}
