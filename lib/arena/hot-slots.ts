// Decoded values at hand by key, each with the fingerprint of the stored bytes that it was decoded from. The
// addon is told the fingerprint, and tells whether the bytes still have it.

import { native } from '../native/addon.js';
import { deepFreeze } from './deep-freeze.js';

/** The heap that a value takes, for each byte that it was decoded from: measured on metadata of images. */
const HEAP_BYTES_PER_BYTE = 5;

// What native.knownBuffer has: native/addon/environment.h draws it.
const { buffer, byteOffset } = native.knownBuffer;
const known = new Uint32Array(buffer, byteOffset, 6);
const [LOW, HIGH, PRESSED, PLACE, COUNTER, EPOCH] = [0, 1, 2, 3, 4, 5] as const;
const NO_PLACE = 0xffffffff;

// What is known of each value, as numbers of 32 bits side by side: objects of their own would be scattered
// among the decoded values, and cost a page of memory to look at.
export const SLOT_WORDS = 8;
const [SLOT_LOW, SLOT_HIGH] = [0, 1];
/** The place among the store's counters, and what was there and in the epoch before the value was read. */
export const [SLOT_PLACE, SLOT_COUNTER, SLOT_EPOCH] = [2, 3, 4] as const;
/** The uses without a look-up that are left; 0 where the store counts nothing for the value. */
export const SLOT_USES_LEFT = 5;
/** Whether the value was used since it was considered for eviction. */
export const SLOT_IS_USED = 6;
const SLOT_BYTES = 7;

/** One use of a value in so many is a look-up in the store, which then counts it among the used ones. */
const USES_BETWEEN_LOOKUPS = 64;

export class HotSlots<V> {
  /** SLOT_WORDS numbers for each slot. */
  readonly states: Uint32Array;
  readonly #max: number;
  readonly #slots = new Map<string, number>();
  /** A slot without a key is empty. */
  readonly #keys: (string | undefined)[] = [];
  readonly #values: (V | undefined)[] = [];
  readonly #emptySlots: number[] = [];
  /** The slot that is considered next for eviction. */
  #hand = 0;
  #bytes = 0;

  /** There are `max` slots, 1 or more. */
  constructor(max: number) {
    this.#max = max;
    this.states = new Uint32Array(max * SLOT_WORDS);
  }

  get count(): number {
    return this.#slots.size;
  }

  /** An estimate of the heap that they take. */
  get bytes(): number {
    return this.#bytes * HEAP_BYTES_PER_BYTE;
  }

  /** The slot of the key's value. */
  find(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** The value in a slot that has one. */
  at(slot: number): V {
    return this.#values[slot] as V;
  }

  /** Tells the addon what is known of the value in the slot, for the next read. */
  tellKnown(slot: number | undefined): void {
    const at = slot === undefined ? 0 : slot * SLOT_WORDS;
    known[LOW] = slot === undefined ? 0 : this.states[at + SLOT_LOW]!;
    known[HIGH] = slot === undefined ? 0 : this.states[at + SLOT_HIGH]!;
  }

  /** Returns the value, whose bytes the latest read has found unchanged, and notes what that tells of it. */
  use(slot: number): V {
    const value = this.at(slot);
    this.#noteKnown(slot);
    this.states[slot * SLOT_WORDS + SLOT_IS_USED] = 1;
    this.#clearUnderPressure();
    return value;
  }

  /**
   * Freezes and keeps a value that was decoded from what the latest read has found, unless there is memory
   * pressure or it has parts that cannot be frozen. The key MUST have no slot.
   */
  keep(key: string, value: V, bytes: number): void {
    if (this.#clearUnderPressure() || !deepFreeze(value)) return;
    const slot = this.#emptySlot();
    this.#noteKnown(slot);
    this.states[slot * SLOT_WORDS + SLOT_IS_USED] = 0;
    this.states[slot * SLOT_WORDS + SLOT_BYTES] = bytes;
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#bytes += bytes;
  }

  /** Empties a slot that has a value. */
  empty(slot: number): void {
    this.#slots.delete(this.#keys[slot]!);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
    this.#bytes -= this.states[slot * SLOT_WORDS + SLOT_BYTES]!;
    this.#emptySlots.push(slot);
  }

  clear(): void {
    this.#slots.clear();
    this.#keys.length = 0;
    this.#values.length = 0;
    this.#emptySlots.length = 0;
    this.#hand = 0;
    this.#bytes = 0;
  }

  #clearUnderPressure(): boolean {
    if (known[PRESSED] === 0) return false;
    this.clear();
    return true;
  }

  #noteKnown(slot: number): void {
    const { states } = this;
    const at = slot * SLOT_WORDS;
    const isCounted = known[PLACE] !== NO_PLACE;
    states[at + SLOT_LOW] = known[LOW]!;
    states[at + SLOT_HIGH] = known[HIGH]!;
    states[at + SLOT_PLACE] = isCounted ? known[PLACE]! : 0;
    states[at + SLOT_COUNTER] = known[COUNTER]!;
    states[at + SLOT_EPOCH] = known[EPOCH]!;
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
      if (this.states[at] === 0) {
        this.empty(slot);
        return this.#emptySlots.pop()!;
      }
      this.states[at] = 0;
    }
  }
}
