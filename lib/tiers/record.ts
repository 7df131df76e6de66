// A record of any tier: the state of a file, and the metadata that was made of it then.
//
//    0                            32               40                          end
//   +----------------------------+----------------+---------------------------+
//   | state, see file-state.ts   | fresh until,   | metadata, as msgpack      |
//   |                            | f64 LE, ms     |                           |
//   +----------------------------+----------------+---------------------------+
//
// The same bytes in memory, on disk and elsewhere, so that a record moves between tiers as it is.

import type { Codec, Destination, EncodedValue } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { type FileState, writeState } from '../files/file-state.js';
import { STATE_BYTES } from '../native/file-states.js';
import { isMetadata, type Metadata } from './metadata.js';

const HEADER_BYTES = STATE_BYTES + 8;

const codec: Codec = new MsgpackCodec();

/** A record from its byte 0 to `end`; the next one that is encoded, or value, overwrites it. */
export type EncodedRecord = EncodedValue;

/**
 * `freshUntil` is when its time to live ends, in ms since the epoch; it may be kept for longer.
 * Undefined for one that is larger than `to` takes. Throws an EncodeError for metadata that cannot be stored, and a TypeError for a state that has not
 * 32 bytes.
 */
export function encodeRecord(
  state: FileState,
  metadata: Metadata,
  freshUntil: number,
  to: Destination,
): EncodedRecord | undefined {
  const record = codec.encode(metadata, HEADER_BYTES, to);
  if (record === undefined) return undefined;
  writeState(record, state);
  record.writeDoubleLE(freshUntil, STATE_BYTES);
  record.start = 0;
  return record;
}

/** When the time to live of the record that the bytes begin with ends; 0 where there is none. */
export function freshUntilOf(bytes: Buffer, length = bytes.length): number {
  return length >= HEADER_BYTES ? bytes.readDoubleLE(STATE_BYTES) : 0;
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
    const value = codec.decodeRange(bytes, HEADER_BYTES, length);
    return isMetadata(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
