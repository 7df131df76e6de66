// Decoded records at hand: see HotSlots. The metadata is frozen.

import { HotSlots } from '../arena/hot-slots.js';
import { isUnchanged } from '../arena/hot-values.js';
import { readBuffer } from '../arena/read-buffer.js';
import { type NativeRead, Outcome } from '../native/outcomes.js';
import type { Metadata } from './metadata.js';
import { type FoundRecord, freshUntilOf, type RecordDecoder } from './record.js';

interface HotRecord {
  metadata: Metadata;
  freshUntil: number;
}

export class HotRecords {
  readonly #slots: HotSlots<HotRecord>;

  /** Keeps `max` records, 1 or more. */
  constructor(max: number) {
    this.#slots = new HotSlots(max);
  }

  get count(): number {
    return this.#slots.count;
  }

  /** An estimate of the heap that they take. */
  get bytes(): number {
    return this.#slots.bytes;
  }

  clear(): void {
    this.#slots.clear();
  }

  /**
   * Reads by `read`, a native function that returns Outcome.unchanged for a known record, and returns this
   * record, or else what `finish` makes of the outcome. It is given the decoder that it MUST use.
   */
  find<T>(
    id: number,
    key: string,
    read: NativeRead,
    decode: RecordDecoder<Metadata>,
    finish: (outcome: number, decode: RecordDecoder<Metadata>) => T,
  ): FoundRecord | T {
    const slot = this.#slots.find(key);
    this.#slots.tellKnown(slot);
    const outcome = read(id, key);
    if (slot !== undefined) {
      if (isUnchanged(outcome)) {
        const source = outcome === Outcome.unchanged ? 'memory' : 'disk';
        return { ...this.#slots.use(slot), source };
      }
      this.#slots.empty(slot);
    }
    return finish(outcome, (bytes, length) => {
      const metadata = decode(bytes, length);
      // A record that needs a buffer of its own was read again, and may be another one by then.
      if (metadata !== undefined && bytes === readBuffer) {
        this.#slots.keep(key, { metadata, freshUntil: freshUntilOf(bytes, length) }, length);
      }
      return metadata;
    });
  }
}
