// An entry of a remote tier, which others can write to. Numbers are little-endian.
//
//     0          8          16        20        22        24      24 + k
//     +----------+----------+---------+---------+---------+-------+----------------+
//     | checksum | expires  | cost    | key     | format  | key   | record         |
//     | u64      | f64, ms  | f32, ms | len u16 | u16     |       | see record.ts  |
//     +----------+----------+---------+---------+---------+-------+----------------+
//
// The checksum is of all that follows it. It tells what decayed from what was written; it is no
// signature.

import { native } from '../native/addon.js';

/** The format of entries; another number is that of another version. */
export const ENTRY_FORMAT = 1;
const HEADER_BYTES = 24;
const CHECKSUM_BYTES = 8;

/** A record that was found. */
export interface StoredRecord {
  record: Buffer;
  /** What it took to make, ms. */
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
 * Undefined for bytes that are not as they were written, or not of this key. The record is a view of
 * the bytes.
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

/** The key that an entry says it has, unchecked; undefined where there is no room for it. */
export function keyOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + bytes.readUInt16LE(20);
  return end <= bytes.length ? bytes.subarray(HEADER_BYTES, end) : undefined;
}

/** When an entry says it expires, unchecked; 0 where there is no room for it. */
export function expiryOf(bytes: Buffer): number {
  return bytes.length < HEADER_BYTES ? 0 : bytes.readDoubleLE(8);
}
