import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Of native/disk/ring_layout.h and ring_header.cc. */
const HEADER_BYTES = 4096;
const CHUNK_BYTES = 256 * 1024;
const BUCKET_BYTES = 512;
const MAGIC = 'ebbring\n';
const FORMAT = 1;
const KINDS: Record<number, RingFile['kind']> = { 1: 'values', 2: 'records' };

/** What the file of a disk tier says of itself, whatever it holds. */
export interface RingFile {
  /** Of an ArenaCache, or of a cache of metadata. */
  kind: 'values' | 'records';
  entries: number;
  /** Of the file. */
  bytes: number;
  /** Its bound. */
  maxBytes: number;
}

/**
 * The disk tier in the folder, or in the private one that a cache makes in a folder which others may
 * write to; undefined where there is none that can be read.
 */
export function ringFileIn(folder: string): RingFile | undefined {
  const own = process.geteuid && join(folder, `ebbcache-${process.geteuid()}`);
  return readRing(folder) ?? (own === undefined ? undefined : readRing(own));
}

function readRing(folder: string): RingFile | undefined {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let file: number | undefined;
  try {
    file = openSync(join(folder, 'cache.ring'), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fstatSync(file);
    const header = Buffer.alloc(HEADER_BYTES);
    if (!stats.isFile() || readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return;
    return parse(header, stats.size);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function parse(header: Buffer, bytes: number): RingFile | undefined {
  const isOurs = header.toString('latin1', 0, 8) === MAGIC && header.readUInt32LE(8) === FORMAT;
  const kind = KINDS[header.readUInt32LE(16)];
  if (!isOurs || kind === undefined) return undefined;
  const index = header.readUInt32LE(20) * BUCKET_BYTES;
  const chunksAt = Math.ceil((HEADER_BYTES + index) / HEADER_BYTES) * HEADER_BYTES;
  const maxBytes = chunksAt + header.readUInt32LE(24) * CHUNK_BYTES;
  return { kind, entries: Number(header.readBigUInt64LE(64)), bytes, maxBytes };
}
