// Values as msgpack, by msgpackr. Its records are off: their readers are code generated from keys
// that come with the files.

import { addExtension, Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr';
import type { Codec, EncodedValue } from './codec.js';
import { EncodeError } from './encode-error.js';
import {
  ErrorBox,
  MapBox,
  ObjectBox,
  toStorable,
  unboxError,
  unboxMap,
  unboxObject,
} from './storable.js';

// msgpackr's extensions are the process's, so these keep to the end of the range, which applications
// leave alone; msgpackr itself uses 0, 0x42 and 0x62 to 0x78.
const ERROR_TYPE = 0x7c;
const MAP_TYPE = 0x7d;
const OBJECT_TYPE = 0x7e;

addExtension({
  Class: ErrorBox,
  type: ERROR_TYPE,
  write: (box: ErrorBox) => box.parts,
  read: (parts: [string, string, unknown]) => unboxError(parts),
});
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

/** A value's `toJSON` is not called: a file may name a field so. */
const OPTIONS = {
  useRecords: false,
  moreTypes: true,
  copyBuffers: true,
  useToJSON: false,
  variableMapSize: true,
};

/**
 * Dates, Maps, Sets, typed arrays, Buffers, bigints and regular expressions come back as what they
 * were, and errors with their name, message and cause. What msgpack cannot tell apart changes:
 * objects of other classes or without a prototype become plain ones (`toJSON` is not called), holes
 * in arrays undefined, -0 becomes 0, and each lone surrogate in a string or an object's key turns
 * into U+FFFD, once or three times. Keys that are symbols, and names given to arrays, are left out.
 */
export class MsgpackCodec implements Codec {
  readonly #packr = new Packr(OPTIONS);

  encode(value: unknown): EncodedValue {
    let encoded: EncodedValue;
    try {
      encoded = this.#packr.pack(toStorable(value), ENCODE_MODE) as Buffer & EncodedValue;
    } catch (cause) {
      if (cause instanceof EncodeError) throw cause;
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
