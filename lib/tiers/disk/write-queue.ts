// What waits to be written to disk, bounded in bytes, one change a key: a later one takes the place of
// an earlier one that still waits.

/** An entry to be put, or undefined where the key is to be deleted. */
export interface PendingChange {
  entry: Buffer | undefined;
}

/** A waiting change costs about so much beside its entry: the map's slot, the key, the object. */
const CHANGE_BYTES = 256;

export class WriteQueue {
  readonly #pending = new Map<string, PendingChange>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Changes that wait. */
  get size(): number {
    return this.#pending.size;
  }

  /** Deletes are small, and matter more: they may have as much again. */
  hasRoomFor(entry: Buffer | undefined): boolean {
    const most = entry === undefined ? this.#maxBytes * 2 : this.#maxBytes;
    return this.#bytes + bytesOf(entry) <= most;
  }

  get(key: string): PendingChange | undefined {
    return this.#pending.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#pending.keys();
  }

  put(key: string, entry: Buffer | undefined): void {
    this.#remove(key);
    this.#pending.set(key, { entry });
    this.#bytes += bytesOf(entry);
  }

  /** Changes to be written next, the oldest first; they wait until they are `written`. */
  next(mostChanges: number, mostBytes: number): Map<string, PendingChange> {
    const next = new Map<string, PendingChange>();
    let bytes = 0;
    for (const [key, change] of this.#pending) {
      bytes += bytesOf(change.entry);
      if (next.size > 0 && bytes > mostBytes) break;
      next.set(key, change);
      if (next.size === mostChanges) break;
    }
    return next;
  }

  /** They are in the database. Those that were changed again meanwhile wait on. */
  written(changes: ReadonlyMap<string, PendingChange>): void {
    for (const [key, change] of changes) if (this.#pending.get(key) === change) this.#remove(key);
  }

  /** Deletes in place of puts: what was not written must not be answered by what was there before. */
  turnIntoDeletes(): number {
    let turned = 0;
    for (const [key, { entry }] of this.#pending) {
      if (entry === undefined) continue;
      this.put(key, undefined);
      turned++;
    }
    return turned;
  }

  clear(): void {
    this.#pending.clear();
    this.#bytes = 0;
  }

  #remove(key: string): void {
    const change = this.#pending.get(key);
    if (change === undefined) return;
    this.#pending.delete(key);
    this.#bytes -= bytesOf(change.entry);
  }
}

function bytesOf(entry: Buffer | undefined): number {
  return CHANGE_BYTES + (entry?.length ?? 0);
}
