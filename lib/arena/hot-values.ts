// Decoded values at hand: each is returned again as long as its entry is unchanged. Where the store counts its
// changes for them, most of them are returned without a call of the addon: see native/store/change_counters.h.

import { native } from '../native/addon.js';
import { bytesIn, Outcome } from '../native/outcomes.js';
import {
  HotSlots,
  SLOT_COUNTER,
  SLOT_EPOCH,
  SLOT_IS_USED,
  SLOT_PLACE,
  SLOT_USES_LEFT,
  SLOT_WORDS,
} from './hot-slots.js';
import { readBuffer } from './read-buffer.js';
import type { StoreHandle } from './store-handle.js';

// What the store counts: native/store/change_counters.h draws it.
/** The place of the epoch, and of the first counter. */
const [EPOCH, FIRST_COUNTER] = [0, 4];
/** The place of the hits among numbers of 64 bits. */
const HITS = 1;

export class HotValues<V> {
  readonly #handle: StoreHandle;
  readonly #decode: (bytes: Buffer, length: number) => V | undefined;
  readonly #slots: HotSlots<V>;
  /** What the store counts, as numbers of 32 bits; the hits are one of 64. */
  readonly #changes = new Uint32Array(native.limits.changeBytes / 4);
  readonly #hits = new Float64Array(this.#changes.buffer);

  /** Keeps `max` values, 1 or more. */
  constructor(
    handle: StoreHandle,
    max: number,
    decode: (bytes: Buffer, length: number) => V | undefined,
  ) {
    this.#handle = handle;
    this.#decode = decode;
    this.#slots = new HotSlots(max);
    // Where it counts nothing, values have no uses without a look-up.
    handle.open().countChanges(new Uint8Array(this.#changes.buffer));
  }

  get count(): number {
    return this.#slots.count;
  }

  /** An estimate of the heap that they take. */
  get bytes(): number {
    return this.#slots.bytes;
  }

  /** Does what ArenaCache's get does. */
  get(key: string): V | undefined {
    const slot = this.#slots.find(key);
    if (slot === undefined) return this.#lookUp(key);
    const changes = this.#changes;
    const { states } = this.#slots;
    const at = slot * SLOT_WORDS;
    const usesLeft = states[at + SLOT_USES_LEFT]!;
    if (
      usesLeft > 0 &&
      Atomics.load(changes, FIRST_COUNTER + states[at + SLOT_PLACE]!) ===
        states[at + SLOT_COUNTER] &&
      Atomics.load(changes, EPOCH) === states[at + SLOT_EPOCH]
    ) {
      states[at + SLOT_USES_LEFT] = usesLeft - 1;
      states[at + SLOT_IS_USED] = 1;
      this.#hits[HITS]!++;
      return this.#slots.at(slot);
    }
    return this.#lookUp(key, slot);
  }

  /** Forgets all values. */
  clear(): void {
    this.#slots.clear();
  }

  /** Looks the value up in the store; `slot` has one that was read before. */
  #lookUp(key: string, slot?: number): V | undefined {
    this.#slots.tellKnown(slot);
    const outcome = native.getUnlessKnown(this.#handle.timedId(), key);
    if (slot !== undefined) {
      if (isUnchanged(outcome)) return this.#slots.use(slot);
      this.#slots.empty(slot);
    }
    if (outcome === Outcome.miss) return undefined;
    const length = bytesIn(outcome);
    if (length < 0 || length > readBuffer.length) {
      return this.#handle.read(native.get, key, this.#decode);
    }
    const value = this.#decode(readBuffer, length);
    if (value !== undefined) this.#slots.keep(key, value, length);
    return value;
  }
}

/** Whether the value is the one that the addon was told of. */
export function isUnchanged(outcome: number): boolean {
  return outcome === Outcome.unchanged || outcome === Outcome.unchangedOnDisk;
}
