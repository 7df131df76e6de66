// A record of any tier: the state of a file, and the metadata that was made of it then.
//
//    0                            32                          end
//   +----------------------------+---------------------------+
//   | state, see file-state.ts   | metadata, as msgpack      |
//   +----------------------------+---------------------------+
//
// The same bytes in memory, on disk and elsewhere, so that a record moves between tiers as it is.

import { type FileState, writeState } from '../cache/file-state.js';
import { isMetadata, type Metadata } from '../cache/metadata.js';
import type { Codec, EncodedValue } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { STATE_BYTES } from '../native.js';

const codec: Codec = new MsgpackCodec();

/** A record from its byte 0 to `end`; the next one that is encoded, or value, overwrites it. */
export type EncodedRecord = EncodedValue;

/**
 * Throws an EncodeError for metadata that cannot be stored, and a TypeError for a state that has not
 * 32 bytes.
 */
export function encodeRecord(state: FileState, metadata: Metadata): EncodedRecord {
  const record = codec.encode(metadata, STATE_BYTES);
  writeState(record, state);
  record.start = 0;
  return record;
}

/** The bytes of an encoded record, for a tier that keeps them. */
export function copyRecord(record: EncodedRecord): Buffer {
  return Buffer.from(record.subarray(0, record.end));
}

/** Whether the first `length` bytes are a record of this state. */
export function isRecordOf(state: FileState, bytes: Buffer, length = bytes.length): boolean {
  return length >= STATE_BYTES && bytes.toString('latin1', 0, STATE_BYTES) === state;
}

/**
 * The metadata of the record in the first `length` bytes; undefined where there is none that can be
 * decoded. Nothing in it refers to the bytes.
 */
export function decodeRecord(bytes: Buffer, length = bytes.length): Metadata | undefined {
  try {
    const value = codec.decodeRange(bytes, STATE_BYTES, length);
    return isMetadata(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
