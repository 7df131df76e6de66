// Values as msgpack, by msgpackr. Its records are off: their readers are code generated from keys
// that come with the files.

import { addExtension, Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr';
import type { Codec, EncodedValue } from './codec.js';
import { EncodeError } from './encode-error.js';
import { MapBox, ObjectBox, toStorable, unboxMap, unboxObject } from './storable.js';

// msgpackr's extensions are the process's, so these keep to the end of the range, which applications
// leave alone; msgpackr itself uses 0, 0x42 and 0x62 to 0x78.
const MAP_TYPE = 0x7d;
const OBJECT_TYPE = 0x7e;

addExtension({
  Class: MapBox,
  type: MAP_TYPE,
  write: (box: MapBox) => box.entries,
  read: (entries: unknown[]) => unboxMap(entries),
});
addExtension({
  Class: ObjectBox,
  type: OBJECT_TYPE,
  write: (box: ObjectBox) => box.entries,
  read: (entries: unknown[]) => unboxObject(entries),
});

/** With these msgpackr returns its whole buffer, marked with start and end, and reuses it. */
const ENCODE_MODE = REUSE_BUFFER_MODE | RESET_BUFFER_MODE;

/** msgpackr's own buffer is not shrunk by it; one that a rare giant made is not kept. */
const KEPT_BUFFER_BYTES = 1 << 20;

/**
 * Dates, Maps, Sets, typed arrays, Buffers, bigints, regular expressions and errors come back as
 * what they were; objects of other classes as plain ones; -0 as 0.
 */
export class MsgpackCodec implements Codec {
  readonly #packr = new Packr({ useRecords: false, moreTypes: true, copyBuffers: true });

  encode(value: unknown): EncodedValue {
    const storable = toStorable(value);
    let encoded: EncodedValue;
    try {
      encoded = this.#packr.pack(storable, ENCODE_MODE) as Buffer & EncodedValue;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EncodeError('', `cannot be encoded: ${reason}`, { cause });
    }
    if (encoded.length > KEPT_BUFFER_BYTES) this.#packr.useBuffer(Buffer.allocUnsafeSlow(8192));
    return encoded;
  }

  decode(bytes: Uint8Array, length: number): unknown {
    return this.#packr.unpack(bytes, length);
  }
}
