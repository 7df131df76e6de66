// Records in memory and on disk: an ArenaCache whose values have the layout of record.ts. One call of the
// addon reads the file's state and the record of that state.

import { ArenaCache, handleOf } from '../arena/arena-cache.js';
import type { ArenaCacheOptions, RecordStoreOptions } from '../arena/arena-options.js';
import type { ArenaStats } from '../arena/arena-stats.js';
import type { CacheClock } from '../arena/cache-clock.js';
import { writeJson } from '../arena/json-read.js';
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
import { HotRecords } from './hot-records.js';
import type { Metadata } from './metadata.js';
import {
  decodeRecord,
  type EncodedRecord,
  encodeRecord,
  type FoundRecord,
  freshUntilOf,
  isRecordOf,
  RECORD_HEADER_BYTES,
  type RecordDecoder,
} from './record.js';

/** The JSON of metadata begins with it, and that of no other value. */
const BRACE = 0x7b;

/** The arena's statistics, in which a corrupt record counts as a miss. */
export interface LocalStats extends ArenaStats {
  /** Records that could not be decoded, and were deleted. */
  corruptRecords: number;
}

/**
 * Keys are those of ArenaCache. A record of another state of its file than the requested one is a miss and is
 * deleted, because no later call asks for that state. So is a record that cannot be decoded.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for keys, paths and states of the
 * wrong kind, an EncodeError for metadata that cannot be stored, a ClosedError once the arena is closed. A
 * failure of a file, a disk or a record never throws.
 */
export class LocalRecords {
  /**
   * The underlying store, for pressure and to close it. Its values are records, which its own `get` does not
   * decode.
   */
  readonly arena: ArenaCache;
  readonly #handle: StoreHandle;
  #elsewhere = 0;
  readonly #destination: Destination = {
    largestValue: () => Math.max(this.#handle.destination.largestValue(), this.#elsewhere),
  };
  readonly #hot: HotRecords | undefined;
  #corrupt = 0;

  /** `hotRecords` is the number of decoded records that are kept at hand. */
  constructor(options: ArenaCacheOptions, records: RecordStoreOptions = {}, hotRecords = 0) {
    this.arena = new ArenaCache(options, records);
    this.#handle = handleOf(this.arena);
    if (hotRecords > 0) this.#hot = new HotRecords(hotRecords);
  }

  /** The clock of the arena. */
  get clock(): CacheClock {
    return this.#handle.clock;
  }

  /** The limit on values that are encoded for the arena. */
  get destination(): Destination {
    return this.#handle.destination;
  }

  /** The native store, for operations that only the disk tier has. */
  get nativeStore(): NativeStore {
    return this.#handle.openTimed();
  }

  /**
   * The record of the state that the file has now, or that state where there is no record; undefined where
   * the path has no state, which `whyNoState` explains. A record MUST be stored with the state that was read
   * before anything else was read from the file.
   */
  lookUp(key: string, filePath: string): FoundRecord | FileState | undefined;
  lookUp<T>(
    key: string,
    filePath: string,
    decode: RecordDecoder<T>,
  ): FoundRecord<T> | FileState | undefined;
  lookUp(
    key: string,
    filePath: string,
    decode: RecordDecoder<unknown> = this.whole,
  ): FoundRecord<unknown> | FileState | undefined {
    if (this.#hot !== undefined && decode === this.whole) {
      return this.#lookUpHot(this.#hot, key, filePath) ?? stateLeft(filePath);
    }
    const outcome = native.lookUpFile(this.#handle.timedId(), key, filePath);
    if (outcome === Outcome.badArguments) checkPath(filePath);
    const read: NativeRead = (id) => native.lookUpFile(id, key, filePath);
    return this.#finish(outcome, key, read, decode) ?? stateLeft(filePath);
  }

  #lookUpHot(hot: HotRecords, key: string, filePath: string): FoundRecord | undefined {
    const readKnown: NativeRead = (id) => native.lookUpFileUnlessKnown(id, key, filePath);
    const read: NativeRead = (id) => native.lookUpFile(id, key, filePath);
    return hot.find(this.#handle.timedId(), key, readKnown, this.whole, (outcome, decode) => {
      if (outcome === Outcome.badArguments) checkPath(filePath);
      return this.#finish(outcome, key, read, decode);
    });
  }

  /** The record of this state, or undefined, without a read of any file. */
  read(key: string, state: FileState): FoundRecord | undefined;
  read<T>(key: string, state: FileState, decode: RecordDecoder<T>): FoundRecord<T> | undefined;
  read(
    key: string,
    state: FileState,
    decode: RecordDecoder<unknown> = this.whole,
  ): FoundRecord<unknown> | undefined {
    writeState(stateBuffer, state);
    const id = this.#handle.timedId();
    if (this.#hot !== undefined && decode === this.whole) {
      return this.#hot.find(id, key, native.getOfStateUnlessKnown, this.whole, (outcome, keep) =>
        this.#finish(outcome, key, native.getOfState, keep),
      );
    }
    return this.#finish(native.getOfState(id, key), key, native.getOfState, decode);
  }

  /** Decodes all metadata of a record. */
  readonly whole: RecordDecoder<Metadata> = (bytes, length) =>
    decodeRecord(bytes, length, this.#handle.names);

  /** Makes JSON of a record's metadata, or decodes it where only JavaScript knows its JSON. */
  readonly json: RecordDecoder<Buffer | Metadata> = (bytes, length) => {
    const json = writeJson(this.#handle, bytes, RECORD_HEADER_BYTES, length);
    return json?.[0] === BRACE ? json : this.whole(bytes, length);
  };

  /** Decodes only some fields of a record's metadata: those of fieldPathsOf. */
  fields(paths: string): RecordDecoder<Metadata> {
    return (bytes, length) =>
      this.#handle.decodeFields(bytes, RECORD_HEADER_BYTES, length, paths, (end) =>
        this.whole(bytes, end),
      );
  }

  /**
   * Does what `read` does, but changes and counts nothing. `isFresh`, if given, gets the end of a record's
   * time to live, ms since the epoch; a record for which it returns false is a miss.
   */
  peek(key: string, state: FileState, isFresh?: IsFresh): Metadata | undefined {
    return this.#handle.read(native.peek, key, (bytes, length) =>
      isFreshRecordOf(state, bytes, length, isFresh)
        ? decodeRecord(bytes, length, this.#handle.names)
        : undefined,
    );
  }

  /**
   * Whether there is a record of this state, under the conditions of peek; it counts neither a hit nor a use.
   */
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
   * Encodes a record for `store`; the next one, or anything else that is encoded, overwrites it. Returns
   * undefined for one that is larger than memory and disk accept, and larger than `elsewhere` bytes, which
   * another tier may accept.
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

  /** Stores a copy of the latest result of `encode`. Returns false as ArenaCache's set does. */
  store(key: string, record: EncodedRecord | undefined, options?: SetOptions): boolean {
    this.#handle.open();
    if (typeof key !== 'string') checkKey(key);
    return this.#handle.put(key, record, options && checkSetOptions(options));
  }

  /** Stores a copy of a whole record that comes from another tier, unchecked. Returns false as `set` does. */
  put(key: string, record: Uint8Array, options?: SetOptions): boolean {
    return this.arena.setBytes(key, record, options);
  }

  /** Removes the record; returns true when there was one. */
  delete(key: string): boolean {
    return this.arena.delete(key);
  }

  clear(): void {
    this.#hot?.clear();
    this.arena.clear();
  }

  stats(): LocalStats {
    const stats = this.arena.stats();
    const { count: hotValues, bytes: hotValueBytes } = this.#hot ?? { count: 0, bytes: 0 };
    return {
      ...stats,
      hotValues,
      hotValueBytes,
      hits: stats.hits - this.#corrupt,
      misses: stats.misses + this.#corrupt,
      corruptRecords: this.#corrupt,
    };
  }

  /**
   * Decodes what was read by a first call with this outcome; `read` is called again where the buffer was too
   * small.
   */
  #finish<T>(
    outcome: number,
    key: string,
    read: NativeRead,
    decode: RecordDecoder<T>,
  ): FoundRecord<T> | undefined {
    if (outcome === Outcome.miss || outcome === Outcome.noState) return undefined;
    const source = outcome <= Outcome.fromDisk ? 'disk' : 'memory';
    const found = (bytes: Buffer, length: number): FoundRecord<T> | undefined => {
      const freshUntil = freshUntilOf(bytes, length);
      const metadata = decode(bytes, length);
      if (metadata !== undefined) return { metadata, source, freshUntil };
      this.#corrupt++;
      this.arena.delete(key);
      return undefined;
    };
    const length = bytesIn(outcome);
    // Nearly all hits end here.
    if (length >= 0 && length <= readBuffer.length) return found(readBuffer, length);
    return this.#handle.read(read, key, found);
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
