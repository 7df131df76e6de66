// Records in memory and on disk: an ArenaCache whose values are those of record.ts. One call of the addon
// reads the file's state and the record of the state that it has.

import { ArenaCache, type ArenaStats, handleOf } from '../arena/arena-cache.js';
import type { ArenaCacheOptions, RecordStoreOptions } from '../arena/arena-options.js';
import type { CacheClock } from '../arena/cache-clock.js';
import { checkKey } from '../arena/key.js';
import { readBuffer } from '../arena/read-buffer.js';
import { checkSetOptions, type SetOptions } from '../arena/set-options.js';
import type { StoreHandle } from '../arena/store-handle.js';
import type { Destination } from '../codec/codec.js';
import {
  checkPath,
  type FileState,
  stateBuffer,
  stateLeft,
  writeState,
} from '../files/file-state.js';
import { native } from '../native/addon.js';
import { bytesIn, type NativeRead, Outcome } from '../native/outcomes.js';
import type { NativeStore } from '../native/store.js';
import type { Metadata } from './metadata.js';
import {
  decodeRecord,
  type EncodedRecord,
  encodeRecord,
  freshUntilOf,
  isRecordOf,
} from './record.js';

/** The arena's, where a corrupt record counts as the miss that it is. */
export interface LocalStats extends ArenaStats {
  /** Records that could not be decoded, and were deleted. */
  corruptRecords: number;
}

/** A record that was found. */
export interface FoundRecord {
  metadata: Metadata;
  source: 'memory' | 'disk';
  /** When its time to live ends, ms since the epoch. */
  freshUntil: number;
}

/**
 * Keys are those of ArenaCache. A record of another state of its file than the one asked for is a
 * miss and deleted: nobody will ask for it again. So is one that cannot be decoded.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for keys, paths and states
 * of the wrong kind, an EncodeError for metadata that cannot be stored, a ClosedError once the arena
 * is closed. Nothing about a file, a disk or a record throws.
 */
export class LocalRecords {
  /**
   * The store below, for pressure and to close it. Its values are records, which its own `get` does
   * not decode.
   */
  readonly arena: ArenaCache;
  readonly #handle: StoreHandle;
  #elsewhere = 0;
  readonly #destination: Destination = {
    largestValue: () => Math.max(this.#handle.destination.largestValue(), this.#elsewhere),
  };
  #corrupt = 0;

  constructor(options: ArenaCacheOptions, records: RecordStoreOptions = {}) {
    this.arena = new ArenaCache(options, records);
    this.#handle = handleOf(this.arena);
  }

  /** What tells the arena the time. */
  get clock(): CacheClock {
    return this.#handle.clock;
  }

  /** What is encoded for the arena must fit here. */
  get destination(): Destination {
    return this.#handle.destination;
  }

  /** The native store, for what only the disk tier has. */
  get nativeStore(): NativeStore {
    return this.#handle.openTimed();
  }

  /**
   * The record of the state that the file has now, or that state where there is none; undefined where
   * the path has no state, which `whyNoState` explains. Records stored with the state are of the file as
   * it was before anything was read of it.
   */
  lookUp(key: string, filePath: string): FoundRecord | FileState | undefined {
    const outcome = native.lookUpFile(this.#handle.timedId(), key, filePath);
    if (outcome === Outcome.badArguments) checkPath(filePath);
    const found = this.#finish(outcome, key, (id) => native.lookUpFile(id, key, filePath));
    return found ?? stateLeft(filePath);
  }

  /** The record of this state, or undefined, without a read of any file. */
  read(key: string, state: FileState): FoundRecord | undefined {
    writeState(stateBuffer, state);
    const outcome = native.getOfState(this.#handle.timedId(), key);
    return this.#finish(outcome, key, native.getOfState);
  }

  /**
   * Does what `read` does, but changes and counts nothing. Where `isFresh` is given, a record is a miss for
   * which it gives false; it gets when the record's time to live ends, ms since the epoch.
   */
  peek(key: string, state: FileState, isFresh?: IsFresh): Metadata | undefined {
    return this.#handle.read(native.peek, key, (bytes, length) =>
      isFreshRecordOf(state, bytes, length, isFresh) ? decodeRecord(bytes, length) : undefined,
    );
  }

  /** Whether there is a record of this state, and as peek says; neither a hit nor a use. */
  has(key: string, state: FileState, isFresh?: IsFresh): boolean {
    const compare = (bytes: Buffer, length: number) =>
      isFreshRecordOf(state, bytes, length, isFresh);
    return this.#handle.read(native.peek, key, compare) ?? false;
  }

  /** The keys in memory and on disk, each once, in no particular order. */
  keys(): IterableIterator<string> {
    return this.arena.keys();
  }

  /**
   * A record that `store` takes; the next one, or anything that is encoded, overwrites it. Undefined for
   * one that is larger than memory and disk take, and larger than `elsewhere` bytes: others may take it.
   */
  encode(
    state: FileState,
    metadata: Metadata,
    freshUntil: number,
    elsewhere = 0,
  ): EncodedRecord | undefined {
    this.#elsewhere = elsewhere;
    return encodeRecord(state, metadata, freshUntil, this.#destination);
  }

  /** Stores a copy of what `encode` gave last. False as of ArenaCache's set. */
  store(key: string, record: EncodedRecord | undefined, options?: SetOptions): boolean {
    this.#handle.open();
    if (typeof key !== 'string') checkKey(key);
    return this.#handle.put(key, record, options && checkSetOptions(options));
  }

  /** Stores a copy of a whole record that comes from another tier, unseen. False as of `set`. */
  put(key: string, record: Uint8Array, options?: SetOptions): boolean {
    return this.arena.setBytes(key, record, options);
  }

  /** True when it was there. */
  delete(key: string): boolean {
    return this.arena.delete(key);
  }

  clear(): void {
    this.arena.clear();
  }

  stats(): LocalStats {
    const stats = this.arena.stats();
    return {
      ...stats,
      hits: stats.hits - this.#corrupt,
      misses: stats.misses + this.#corrupt,
      corruptRecords: this.#corrupt,
    };
  }

  /** What was read, by a first call with this outcome; `read` again where the buffer was too small. */
  #finish(outcome: number, key: string, read: NativeRead): FoundRecord | undefined {
    if (outcome === Outcome.miss || outcome === Outcome.noState) return undefined;
    const source = outcome <= Outcome.fromDisk ? 'disk' : 'memory';
    const length = bytesIn(outcome);
    // Nearly all hits end here.
    if (length >= 0 && length <= readBuffer.length) {
      return this.#decode(key, readBuffer, length, source);
    }
    return this.#handle.read(read, key, (bytes, size) => this.#decode(key, bytes, size, source));
  }

  #decode(
    key: string,
    bytes: Buffer,
    length: number,
    source: FoundRecord['source'],
  ): FoundRecord | undefined {
    const metadata = decodeRecord(bytes, length);
    const freshUntil = freshUntilOf(bytes, length);
    if (metadata !== undefined) return { metadata, source, freshUntil };
    this.#corrupt++;
    this.arena.delete(key);
    return undefined;
  }
}

type IsFresh = (freshUntil: number) => boolean;

function isFreshRecordOf(
  state: FileState,
  bytes: Buffer,
  length: number,
  isFresh?: IsFresh,
): boolean {
  if (!isRecordOf(state, bytes, length)) return false;
  return isFresh === undefined || isFresh(freshUntilOf(bytes, length));
}
