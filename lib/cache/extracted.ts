// What an extraction came to, for any number of callers: each gets an object of its own, and all get the
// same, which is also what a later call finds in the cache.

import { MsgpackCodec } from '../codec/msgpack-codec.js';
import type { Metadata } from '../tiers/metadata.js';

/** Larger metadata is not encoded to be copied: no tier but a very large one takes it. */
const MOST_ENCODED_BYTES = 64 * 1024 * 1024;
const destination = { largestValue: () => MOST_ENCODED_BYTES };

const codec = new MsgpackCodec();

export class Extracted {
  /** Encoded, or as it is where that is too large. */
  readonly #content: Buffer | { metadata: Metadata };

  private constructor(content: Buffer | { metadata: Metadata }) {
    this.#content = content;
  }

  /** Throws an EncodeError for metadata that cannot be stored. */
  static of(metadata: Metadata): Extracted {
    const bytes = codec.encode(metadata, 0, destination);
    if (bytes === undefined) return new Extracted({ metadata });
    return new Extracted(Buffer.from(bytes.subarray(bytes.start, bytes.end)));
  }

  /** Of what `bytes` gave, which nobody may change. */
  static ofBytes(bytes: Uint8Array): Extracted {
    return new Extracted(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Throws an EncodeError for what cannot be encoded in 2 GiB. */
  bytes(): Uint8Array {
    if (Buffer.isBuffer(this.#content)) return this.#content;
    const bytes = codec.encode(this.#content.metadata);
    return bytes.subarray(bytes.start, bytes.end);
  }

  /** The caller's own. */
  copy(): Metadata {
    const content = this.#content;
    if (!Buffer.isBuffer(content)) return structuredClone(content.metadata);
    return codec.decode(content, content.length) as Metadata;
  }
}
