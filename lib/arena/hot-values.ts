// Decoded values at hand: each is returned again as long as the store's entry has the fingerprint that it was
// decoded from. Where the store counts its changes for them, most of them are returned without a call of the
// addon: see native/store/change_counters.h.

import { native } from '../native/addon.js';
import { bytesIn, Outcome } from '../native/outcomes.js';
import { deepFreeze } from './deep-freeze.js';
import { readBuffer } from './read-buffer.js';
import type { StoreHandle } from './store-handle.js';

/** The heap that a value takes, for each byte that it was decoded from: measured on metadata of images. */
const HEAP_BYTES_PER_BYTE = 5;

// What native.knownBuffer has: native/addon/environment.h draws it.
const { buffer, byteOffset } = native.knownBuffer;
const known = new Uint32Array(buffer, byteOffset, 6);
const [LOW, HIGH, PRESSED, PLACE, COUNTER, KNOWN_EPOCH] = [0, 1, 2, 3, 4, 5] as const;

// What the store counts: native/store/change_counters.h draws it.
const COUNTERS = 4096;
const HEADER_WORDS = 4;
const CHANGES_BYTES = 4 * (HEADER_WORDS + COUNTERS);
/** The place of the hits among numbers of 64 bits. */
const HITS = 1;
/** The place of the epoch. It stands for the place of a value without a counter, too. */
const EPOCH = 0;
const NO_PLACE = 0xffffffff;

/** One use of a value in so many is a look-up in the store, which then counts it among the used ones. */
const USES_BETWEEN_LOOKUPS = 64;

// What is known of each value, as numbers of 32 bits side by side: objects of their own would be scattered
// among the decoded values, and cost a page of memory to look at.
const [
  SLOT_LOW,
  SLOT_HIGH,
  SLOT_PLACE,
  SLOT_COUNTER,
  SLOT_EPOCH,
  SLOT_USES_LEFT,
  SLOT_IS_USED,
  SLOT_BYTES,
] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const SLOT_WORDS = 8;

export class HotValues<V> {
  readonly #handle: StoreHandle;
  readonly #max: number;
  readonly #decode: (bytes: Buffer, length: number) => V | undefined;
  /** What the store counts, as numbers of 32 bits; the hits are one of 64. */
  readonly #changes = new Uint32Array(CHANGES_BYTES / 4);
  readonly #hits = new Float64Array(this.#changes.buffer);
  /** The slot of each key, and what is in it: an empty one has no key. */
  readonly #slots = new Map<string, number>();
  readonly #keys: (string | undefined)[] = [];
  readonly #values: (V | undefined)[] = [];
  readonly #states: Uint32Array;
  readonly #emptySlots: number[] = [];
  /** The slot that is considered next for eviction. */
  #hand = 0;
  #bytes = 0;

  /** Keeps `max` values, 1 or more. */
  constructor(
    handle: StoreHandle,
    max: number,
    decode: (bytes: Buffer, length: number) => V | undefined,
  ) {
    this.#handle = handle;
    this.#max = max;
    this.#decode = decode;
    this.#states = new Uint32Array(max * SLOT_WORDS);
    // Where it counts nothing, values have no place.
    handle.open().countChanges(new Uint8Array(this.#changes.buffer));
  }

  get count(): number {
    return this.#slots.size;
  }

  /** An estimate of the heap that they take. */
  get bytes(): number {
    return this.#bytes * HEAP_BYTES_PER_BYTE;
  }

  /** Does what ArenaCache's get does. */
  get(key: string): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return this.#lookUp(key);
    const changes = this.#changes;
    const states = this.#states;
    const at = slot * SLOT_WORDS;
    const usesLeft = states[at + SLOT_USES_LEFT]!;
    if (
      usesLeft > 0 &&
      Atomics.load(changes, states[at + SLOT_PLACE]!) === states[at + SLOT_COUNTER] &&
      Atomics.load(changes, EPOCH) === states[at + SLOT_EPOCH]
    ) {
      states[at + SLOT_USES_LEFT] = usesLeft - 1;
      states[at + SLOT_IS_USED] = 1;
      this.#hits[HITS]!++;
      return this.#values[slot];
    }
    return this.#lookUp(key, slot);
  }

  /** Forgets all values. */
  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
    this.#values.length = 0;
    this.#emptySlots.length = 0;
    this.#hand = 0;
    this.#bytes = 0;
  }

  /** Looks the value up in the store; `slot` has one that was read before. */
  #lookUp(key: string, slot?: number): V | undefined {
    const states = this.#states;
    const at = slot === undefined ? 0 : slot * SLOT_WORDS;
    known[LOW] = slot === undefined ? 0 : states[at + SLOT_LOW]!;
    known[HIGH] = slot === undefined ? 0 : states[at + SLOT_HIGH]!;
    const outcome = native.getUnlessKnown(this.#handle.timedId(), key);
    if (outcome === Outcome.unchanged && slot !== undefined) {
      const value = this.#values[slot];
      this.#noteKnown(slot);
      states[at + SLOT_IS_USED] = 1;
      if (known[PRESSED] !== 0) this.clear();
      return value;
    }
    if (slot !== undefined) this.#empty(slot);
    if (outcome === Outcome.miss) return undefined;
    const length = bytesIn(outcome);
    if (length < 0 || length > readBuffer.length) {
      return this.#handle.read(native.get, key, this.#decode);
    }
    return this.#add(key, length);
  }

  /** Decodes the value in the read buffer. */
  #add(key: string, length: number): V | undefined {
    // To decode runs no code but this package's, so that what is known stays.
    const value = this.#decode(readBuffer, length);
    if (known[PRESSED] !== 0) {
      this.clear();
    } else if (value !== undefined && deepFreeze(value)) {
      const slot = this.#emptySlot();
      this.#noteKnown(slot);
      this.#states[slot * SLOT_WORDS + SLOT_IS_USED] = 0;
      this.#states[slot * SLOT_WORDS + SLOT_BYTES] = length;
      this.#slots.set(key, slot);
      this.#keys[slot] = key;
      this.#values[slot] = value;
      this.#bytes += length;
    }
    return value;
  }

  /** Notes what a look-up of the value has left in the known buffer. */
  #noteKnown(slot: number): void {
    const states = this.#states;
    const at = slot * SLOT_WORDS;
    const isCounted = known[PLACE] !== NO_PLACE;
    states[at + SLOT_LOW] = known[LOW]!;
    states[at + SLOT_HIGH] = known[HIGH]!;
    states[at + SLOT_PLACE] = isCounted ? HEADER_WORDS + known[PLACE]! : EPOCH;
    states[at + SLOT_COUNTER] = known[COUNTER]!;
    states[at + SLOT_EPOCH] = known[KNOWN_EPOCH]!;
    states[at + SLOT_USES_LEFT] = isCounted ? USES_BETWEEN_LOOKUPS : 0;
  }

  /** Where all slots have values, it evicts the first one that was not used since it was considered last. */
  #emptySlot(): number {
    const empty = this.#emptySlots.pop();
    if (empty !== undefined) return empty;
    if (this.#keys.length < this.#max) return this.#keys.length;
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#max;
      const at = slot * SLOT_WORDS + SLOT_IS_USED;
      if (this.#states[at] === 0) {
        this.#empty(slot);
        return this.#emptySlots.pop()!;
      }
      this.#states[at] = 0;
    }
  }

  #empty(slot: number): void {
    this.#slots.delete(this.#keys[slot]!);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#bytes -= this.#states[slot * SLOT_WORDS + SLOT_BYTES]!;
    this.#emptySlots.push(slot);
  }
}
