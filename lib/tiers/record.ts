// A record of any tier: the state of a file, and the metadata that was extracted in that state.
//
//    0                            32               40                          end
//   +----------------------------+----------------+---------------------------+
//   | state, see file-state.ts   | fresh until,   | metadata, as msgpack      |
//   |                            | f64 LE, ms     |                           |
//   +----------------------------+----------------+---------------------------+
//
// The bytes are the same in memory, on disk and elsewhere, so that a record moves between tiers unchanged.

import type { Codec, Destination, EncodedValue } from '../codec/codec.js';
import type { FieldNames } from '../codec/field-names.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { type FileState, writeState } from '../files/file-state.js';
import { STATE_BYTES } from '../native/file-states.js';
import { isMetadata, type Metadata } from './metadata.js';

/** The number of bytes before the metadata. */
export const RECORD_HEADER_BYTES = STATE_BYTES + 8;

const codec: Codec = new MsgpackCodec();

/** A record from its byte 0 to `end`; the next record or value that is encoded overwrites it. */
export type EncodedRecord = EncodedValue;

/** A record that was found, with its metadata as the caller asked for it. */
export interface FoundRecord<T = Metadata> {
  metadata: T;
  source: 'memory' | 'disk';
  /** When its time to live ends, ms since the epoch. */
  freshUntil: number;
}

/**
 * Decodes the metadata of the record in the first `length` bytes, which it may overwrite behind the record's
 * header. Returns undefined where they are no record.
 */
export type RecordDecoder<T> = (bytes: Buffer, length: number) => T | undefined;

/**
 * `freshUntil` is the end of its time to live, in ms since the epoch; it may be kept for longer. Returns
 * undefined for a record that is larger than `to` accepts. Throws an EncodeError for metadata that cannot be
 * stored, and a TypeError for a state that does not have 32 bytes.
 */
export function encodeRecord(
  state: FileState,
  metadata: Metadata,
  freshUntil: number,
  to: Destination,
): EncodedRecord | undefined {
  const record = codec.encode(metadata, RECORD_HEADER_BYTES, to);
  if (record === undefined) return undefined;
  writeState(record, state);
  record.writeDoubleLE(freshUntil, STATE_BYTES);
  record.start = 0;
  return record;
}

/** The end of the time to live of the record at the start of the bytes; 0 where there is none. */
export function freshUntilOf(bytes: Buffer, length = bytes.length): number {
  return length >= RECORD_HEADER_BYTES ? bytes.readDoubleLE(STATE_BYTES) : 0;
}

/** Whether the first `length` bytes are a record of this state. */
export function isRecordOf(state: FileState, bytes: Buffer, length = bytes.length): boolean {
  return length >= STATE_BYTES && bytes.toString('latin1', 0, STATE_BYTES) === state;
}

/**
 * The metadata of the record in the first `length` bytes; undefined where no record can be decoded. `names`
 * are those of the store that it was read from. The metadata does not refer to the bytes.
 */
export function decodeRecord(
  bytes: Buffer,
  length = bytes.length,
  names?: FieldNames,
): Metadata | undefined {
  try {
    const value = codec.decodeRange(bytes, RECORD_HEADER_BYTES, length, names);
    return isMetadata(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
