// An entry of a remote tier, which others can write to. Numbers are little-endian.
//
//     0          8          16        20        22        24      24 + k
//     +----------+----------+---------+---------+---------+-------+----------------+
//     | checksum | expires  | cost    | key     | format  | key   | record         |
//     | u64      | f64, ms  | f32, ms | len u16 | u16     |       | see record.ts  |
//     +----------+----------+---------+---------+---------+-------+----------------+
//
// The checksum covers all bytes that follow it. It detects decay; it is not a signature.

import { native } from '../native/addon.js';

/** The format of entries; each version of the format has another number. */
export const ENTRY_FORMAT = 1;
const HEADER_BYTES = 24;
const CHECKSUM_BYTES = 8;

/** A record that was found. */
export interface StoredRecord {
  record: Buffer;
  /** The time that it took to make the record, ms. */
  cost: number;
  /** ms since the epoch. */
  expiresAt: number;
}

export function encodeEntry(key: Buffer, { record, cost, expiresAt }: StoredRecord): Buffer {
  // It is not taken from the pool, because a remote tier may keep the bytes until they are written.
  const entry = Buffer.allocUnsafeSlow(HEADER_BYTES + key.length + record.length);
  entry.writeDoubleLE(expiresAt, 8);
  entry.writeFloatLE(cost, 16);
  entry.writeUInt16LE(key.length, 20);
  entry.writeUInt16LE(ENTRY_FORMAT, 22);
  entry.set(key, HEADER_BYTES);
  entry.set(record, HEADER_BYTES + key.length);
  native.writeChecksum(entry, CHECKSUM_BYTES, entry.length, 0);
  return entry;
}

/**
 * Returns undefined for bytes that are not as they were written, or are of another key. The record is a view
 * of the bytes.
 */
export function decodeEntry(bytes: Buffer, key: Buffer): StoredRecord | undefined {
  if (keyOf(bytes)?.equals(key) !== true || bytes.readUInt16LE(22) !== ENTRY_FORMAT)
    return undefined;
  if (!native.hasChecksum(bytes, CHECKSUM_BYTES, bytes.length, 0)) return undefined;
  return {
    record: bytes.subarray(HEADER_BYTES + key.length),
    cost: bytes.readFloatLE(16),
    expiresAt: bytes.readDoubleLE(8),
  };
}

/** The key that is stored in an entry, unchecked; undefined where the bytes are too short. */
export function keyOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + bytes.readUInt16LE(20);
  return end <= bytes.length ? bytes.subarray(HEADER_BYTES, end) : undefined;
}

/** The expiry that is stored in an entry, unchecked; 0 where the bytes are too short. */
export function expiryOf(bytes: Buffer): number {
  return bytes.length < HEADER_BYTES ? 0 : bytes.readDoubleLE(8);
}
