/** The number of bytes in flight at once: at first, and at least. */
const FIRST_BYTES = 64 * 1024;
const MIN_BYTES = 16 * 1024;

/** How long the shortest time of a write counts, ms, because the path to the server may change. */
const BASE_FOR_MS = 10_000;

/** One write, from when it waits for room until there is a reply. */
export class Passage {
  readonly size: number;
  /** Resolves when the write may be sent; undefined if it may be sent at once. */
  readonly room: Promise<void> | undefined;
  /** The time on the monotonic clock; undefined until the write may be sent. */
  admittedAt: number | undefined;
  #admit = () => {};

  constructor(size: number, waits: boolean) {
    this.size = size;
    if (!waits) return;
    this.room = new Promise((resolve) => {
      this.#admit = resolve;
    });
  }

  admit(): void {
    this.admittedAt = performance.now();
    this.#admit();
  }
}

/**
 * Bounds the bytes of writes in flight by what the link carries, so that a get, which comes after them by the
 * same connection, waits for little more than `delayMs`. The bound grows while replies are about as fast as
 * the fastest ones, and is halved when they are slower than that by more than `delayMs`. A write that is
 * larger than the bound is sent while no other is.
 */
export class WriteWindow {
  readonly #delayMs: number;
  #bytes = FIRST_BYTES;
  #onTheWay = 0;
  readonly #waiting = new Set<Passage>();
  #large: Passage | undefined;
  /** The shortest time of a write, in this period and in the previous one. */
  #base = Number.POSITIVE_INFINITY;
  #baseBefore = Number.POSITIVE_INFINITY;
  #baseSince = 0;
  #halvedAt = 0;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** The write in flight that is larger than the bound; later requests may have to wait long for it. */
  get large(): Passage | undefined {
    return this.#large;
  }

  enter(size: number): Passage {
    const waits = this.#waiting.size > 0 || !this.#hasRoom(size);
    const passage = new Passage(size, waits);
    if (waits) this.#waiting.add(passage);
    else this.#admit(passage);
    return passage;
  }

  /** No caller waits for its reply any longer, but its bytes are still in flight. */
  giveUp(passage: Passage): void {
    if (this.#large === passage) this.#large = undefined;
  }

  /** There was a reply, or the write was not sent. */
  leave(passage: Passage, wasAnswered: boolean): void {
    this.giveUp(passage);
    if (passage.admittedAt === undefined) {
      this.#waiting.delete(passage);
    } else {
      if (wasAnswered) this.#adapt(passage, passage.admittedAt);
      this.#onTheWay -= passage.size;
    }
    for (const next of this.#waiting) {
      if (!this.#hasRoom(next.size)) break;
      this.#waiting.delete(next);
      this.#admit(next);
    }
  }

  #hasRoom(size: number): boolean {
    return this.#onTheWay === 0 || this.#onTheWay + size <= this.#bytes;
  }

  #admit(passage: Passage): void {
    this.#onTheWay += passage.size;
    if (passage.size > this.#bytes) this.#large = passage;
    passage.admit();
  }

  #adapt({ size }: Passage, admittedAt: number): void {
    const now = performance.now();
    const took = now - admittedAt;
    if (now - this.#baseSince > BASE_FOR_MS) {
      this.#baseBefore = this.#base;
      this.#base = Number.POSITIVE_INFINITY;
      this.#baseSince = now;
    }
    this.#base = Math.min(this.#base, took);
    const late = took - Math.min(this.#base, this.#baseBefore);
    if (late <= this.#delayMs / 2) {
      // The bound doubles within one round trip. Where little is written, replies do not show what a larger
      // bound does.
      if (this.#onTheWay * 2 > this.#bytes) this.#bytes += size;
    } else if (late > this.#delayMs && admittedAt > this.#halvedAt) {
      // The bound is halved once for all writes that were in flight together.
      this.#halvedAt = now;
      this.#bytes = Math.max(MIN_BYTES, this.#bytes / 2);
    }
  }
}
