// The records of files in all tiers: memory and disk, which the addon reads in one call, then the remote.
// What is found in one tier is put into the tiers before it.

import type { DiskEvent } from '../arena/arena-events.js';
import { DISK_WARNINGS } from '../arena/disk-events.js';
import { EncodeError } from '../codec/encode-error.js';
import { DiskError } from '../errors/disk-error.js';
import { messageOf } from '../errors/errors.js';
import type { PlainPath } from '../files/file-path.js';
import { fileState, whyNoState } from '../files/file-state.js';
import type { WarningCode } from '../process/warnings.js';
import { Freshness } from '../tiers/freshness.js';
import { GuardedRemote } from '../tiers/guarded-remote.js';
import { KeptCounters } from '../tiers/kept-counters.js';
import type { LocalRecords } from '../tiers/local-records.js';
import type { Metadata } from '../tiers/metadata.js';
import { NoClientError } from '../tiers/no-client-error.js';
import { openRecords } from '../tiers/open-records.js';
import {
  decodeRecord,
  type FoundRecord,
  freshUntilOf,
  isRecordOf,
  type RecordDecoder,
} from '../tiers/record.js';
import { decodeEntry, encodeEntry, type StoredRecord } from '../tiers/remote-entry.js';
import { TierCounters } from '../tiers/tier-counters.js';
import type { StoredAt } from './file-key.js';
import { type Identity, RecordKeys } from './record-keys.js';
import type { ResolvedAdvancedOptions } from './resolved-options.js';

const MIB = 1024 * 1024;
/** Larger records are not encoded where only a remote tier could store them. */
const REMOTE_RECORD_BYTES = 64 * MIB;

/** The result of a read. Where it found nothing, the identity says where to continue. */
export interface Found<T = Metadata> extends Identity {
  metadata?: T;
  source?: 'memory' | 'disk';
  /** Whether its time to live has ended. `fetch` returns such a record only while it is replaced. */
  isStale?: boolean;
}

export interface TierSizes {
  maxMemoryBytes: number | undefined;
  maxMemoryEntries: number | undefined;
  maxDiskBytes: number | undefined;
}

/** The events that come from other processes. */
export interface RemoteEvents {
  /** They have removed these keys, or all keys where `keys` is undefined. */
  onForgotten(keys: readonly string[] | undefined): void;
}

export class RecordTiers {
  /** The memory and the disk tier. */
  readonly local: LocalRecords;
  /** Whether the memory tier has a disk tier below it. */
  readonly hasDisk: boolean;
  readonly remote: GuardedRemote | undefined;
  /** The keys of the records. */
  readonly keys: RecordKeys;
  readonly counters = new TierCounters();
  readonly #options: ResolvedAdvancedOptions;
  readonly #kept: KeptCounters | undefined;
  readonly #evictions = { evictions: 0, evictionsByEntries: 0 };
  readonly #freshness: Freshness;

  constructor(options: ResolvedAdvancedOptions, ebb: boolean, events: RemoteEvents) {
    this.#options = options;
    this.keys = new RecordKeys(options);
    const { cacheDir, maxDiskSizeMb } = options;
    this.hasDisk = maxDiskSizeMb > 0 && cacheDir !== '';
    if (maxDiskSizeMb > 0 && cacheDir === '') {
      options.logger.trouble(
        'EBBCACHE_NO_HOME',
        {},
        'There is no disk tier, because this user has no home. Give a cacheDir.',
      );
    }
    this.local = openRecords(options, this.hasDisk, ebb);
    this.#freshness = new Freshness(this.local.clock, options.ttlMs);
    if (this.hasDisk) {
      this.local.arena.on('disk', (event) => this.#logDisk(event));
      this.#kept = new KeptCounters(this.local.nativeStore, () => ({
        ...this.counters,
        ...this.#countEvictions(),
      }));
    }
    this.remote = options.remote && new GuardedRemote(options.remote);
    this.#startRemote(events);
  }

  /** How long a record is kept, ms. */
  get #lifetime(): number {
    return this.#options.ttlMs + this.#options.staleMs;
  }

  /** The record of the file in memory or on disk. */
  find<T>(filePath: PlainPath, tier: string, decode: RecordDecoder<T>): Found<T> {
    if (this.#options.validate !== 'stat' || typeof filePath !== 'string') {
      return this.#findByIdentity(this.keys.identify(filePath, tier), decode);
    }
    const key = this.keys.keyOf(filePath, tier);
    const found = this.#whatSucceeds(() => this.local.lookUp(key, filePath, decode));
    if (typeof found !== 'object') return { key, state: found };
    const identity = { key, state: undefined };
    const result = this.#foundOf(identity, found);
    return result === identity ? { key, state: fileState(filePath) } : result;
  }

  /**
   * The fresh record under the identity in memory or on disk, for a caller that waits until another one
   * stored it.
   */
  findFresh(identity: Identity): Metadata | undefined {
    const { metadata, isStale } = this.#findByIdentity(identity, this.local.whole);
    return isStale ? undefined : metadata;
  }

  /**
   * The record that the remote has. Never rejects. A record that is found is also kept locally where
   * `isToKeep`, which is called after the read, returns true.
   */
  async findRemote(
    { key, state }: Identity,
    isToKeep: () => boolean,
  ): Promise<Metadata | undefined> {
    if (this.remote === undefined || state === undefined) return undefined;
    const bytes = await this.remote.get(key);
    const stored = bytes && decodeEntry(bytes, Buffer.from(key));
    if (stored === undefined) {
      if (bytes !== undefined) this.counters.errors++;
      return undefined;
    }
    const now = this.#freshness.now();
    const expiresAt = this.#endOf(stored, now);
    const isOurs =
      isRecordOf(state, stored.record) && this.#freshness.isLeft(freshUntilOf(stored.record), now);
    const metadata = isOurs && expiresAt > now ? decodeRecord(stored.record) : undefined;
    if (metadata !== undefined && isToKeep()) {
      const ttl = Math.max(1, expiresAt - this.#freshness.now());
      this.#whatSucceeds(() => this.local.put(key, stored.record, { ttl, cost: stored.cost }));
    }
    return metadata;
  }

  /** Whether `find` would find a fresh record; it counts and changes nothing. */
  has(filePath: PlainPath, tier: string): boolean {
    const { key, state } = this.keys.identify(filePath, tier);
    if (state === undefined) return false;
    return this.#whatSucceeds(() => this.local.has(key, state, this.#isFreshNow())) ?? false;
  }

  /** The fresh record that `find` would find; it counts and changes nothing. */
  peek(filePath: PlainPath, tier: string): Metadata | undefined {
    const { key, state } = this.keys.identify(filePath, tier);
    if (state === undefined) return undefined;
    return this.#whatSucceeds(() => this.local.peek(key, state, this.#isFreshNow()));
  }

  /**
   * Returns true when at least one tier stored it; `ttlMs` replaces the cache's own. Throws an EncodeError
   * for metadata that no tier can store.
   */
  store(identity: Identity, metadata: Metadata, cost: number, ttlMs?: number): boolean {
    const { key, state } = identity;
    if (state === undefined) return false;
    const fresh = ttlMs ?? this.#options.ttlMs;
    const freshUntil = this.#freshness.endOf(fresh);
    const lifetime = fresh + this.#options.staleMs;
    const elsewhere = this.remote ? REMOTE_RECORD_BYTES : 0;
    const encoded = this.local.encode(state, metadata, freshUntil, elsewhere);
    const options = { cost, ttl: lifetime };
    const isHere = this.#whatSucceeds(() => this.local.store(key, encoded, options)) ?? false;
    if (encoded === undefined) return false;
    const record = asBuffer(encoded).subarray(0, encoded.end);
    const stored = { record, cost, expiresAt: freshUntil + this.#options.staleMs };
    const isAtRemote =
      this.remote?.set(key, encodeEntry(Buffer.from(key), stored), lifetime) ?? false;
    if (!isHere && !isAtRemote) return false;
    // A previous record MUST NOT be found in place of one that was not stored.
    if (!isHere) this.local.delete(key);
    this.counters.cacheWrites++;
    return true;
  }

  /** Removes the record from memory and disk; true where one of them had it. */
  forget(key: string): boolean {
    return this.local.delete(key);
  }

  /** The keys of the file's records: see RecordKeys. Those on disk are of any version. */
  keysOf(filePath: PlainPath, tiers: Iterable<string>, all: boolean): Set<string> {
    return this.keys.keysOf(filePath, tiers, all, (place) =>
      this.hasDisk ? this.local.nativeStore.keysOfPlace(place) : [],
    );
  }

  /** The places of the records of this namespace and version, in memory and on disk. */
  *stored(): IterableIterator<StoredAt> {
    for (const key of this.local.keys()) {
      const at = this.keys.ownedAt(key);
      if (at?.version === this.#options.owner.version) yield at;
    }
  }

  /** Removes all records of this namespace, of any version. */
  clear(): void {
    const isShared = this.hasDisk && some(this.local.keys(), (key) => !this.keys.ownedAt(key));
    if (!isShared) {
      this.local.clear();
      return;
    }
    // All keys are collected first, because a key may move while others are deleted.
    const owned = [...this.local.keys()].filter((key) => this.keys.ownedAt(key));
    for (const key of owned) this.local.delete(key);
    this.local.arena.shrink(Number.MAX_SAFE_INTEGER);
  }

  /** Sizes are in bytes and entries; a size that is undefined stays. */
  resize({ maxMemoryBytes, maxMemoryEntries, maxDiskBytes }: TierSizes): void {
    const { nativeStore } = this.local;
    if (maxMemoryBytes !== undefined) this.local.arena.resize(maxMemoryBytes);
    if (maxMemoryEntries !== undefined) nativeStore.setMaxEntries(maxMemoryEntries);
    if (maxDiskBytes !== undefined) nativeStore.resizeDisk(maxDiskBytes);
  }

  /**
   * Resolves once everything that was put is on the disk; false where some of it is not, or there is no disk
   * tier.
   */
  async flush(): Promise<boolean> {
    if (!this.hasDisk) return false;
    this.#kept?.save();
    return this.local.nativeStore.flush();
  }

  /** Why a put of the file failed, for the log. */
  whyNotStored(filePath: PlainPath, { state }: Identity): string {
    return state === undefined ? whyNoState(filePath) : 'No tier has room for it.';
  }

  /** Failures of all tiers. */
  get errors(): number {
    const { corruptRecords, disk } = this.local.stats();
    const remote = this.remote?.stats().errors ?? 0;
    return this.counters.errors + corruptRecords + (disk?.errors ?? 0) + remote;
  }

  close(): void {
    this.#kept?.close();
    this.remote?.close();
    this.local.arena.close();
  }

  /** Each evicted entry is counted by one of the caches that share the memory tier. */
  #countEvictions() {
    const [evictions, byEntries] = this.local.nativeStore.takeNewEvictions();
    this.#evictions.evictions += evictions;
    this.#evictions.evictionsByEntries += byEntries;
    return this.#evictions;
  }

  #startRemote(events: RemoteEvents): void {
    const { logger } = this.#options;
    try {
      this.remote?.start({
        onFailure: (err) => logger.trouble(remoteCodeOf(err), { err }, err.message),
        onRecovery: () => logger.info('the remote tier is in use again'),
        onInvalidate: (keys) => events.onForgotten(keys),
      });
    } catch (error) {
      // Another cache has this remote, and continues to use it.
      this.#kept?.close();
      this.local.arena.close();
      throw error;
    }
  }

  #logDisk({ kind, message }: DiskEvent): void {
    const { logger, cacheDir } = this.#options;
    const err = new DiskError(message);
    const code = DISK_WARNINGS[kind];
    if (code !== undefined) logger.trouble(code, { err, cacheDir }, message);
    else logger.info({ cacheDir }, message);
  }

  #findByIdentity<T>(identity: Identity, decode: RecordDecoder<T>): Found<T> {
    const { key, state } = identity;
    if (state === undefined) return identity;
    const found = this.#whatSucceeds(() => this.local.read(key, state, decode));
    return found === undefined ? identity : this.#foundOf(identity, found);
  }

  #foundOf<T>(identity: Identity, { metadata, source, freshUntil }: FoundRecord<T>): Found<T> {
    const now = this.#freshness.now();
    const isFresh = this.#freshness.isLeft(freshUntil, now);
    // Other caches that share the disk tier may keep their records for longer.
    const isStale = !isFresh && freshUntil <= now && freshUntil + this.#options.staleMs > now;
    return isFresh || isStale ? { ...identity, metadata, source, isStale } : identity;
  }

  /** Returns whether a record that ends at the given time is fresh now. */
  #isFreshNow(): (freshUntil: number) => boolean {
    const now = this.#freshness.now();
    return (freshUntil) => this.#freshness.isLeft(freshUntil, now);
  }

  /** The end of a record for this cache, because caches that share the remote may keep theirs for longer. */
  #endOf({ record, expiresAt }: StoredRecord, now: number): number {
    const longest = now + this.#lifetime;
    return Math.min(expiresAt, freshUntilOf(record) + this.#options.staleMs, longest);
  }

  /** The result of `operate`; undefined, with a count and a line in the log, where memory or disk failed. */
  #whatSucceeds<T>(operate: () => T): T | undefined {
    try {
      return operate();
    } catch (error) {
      if (error instanceof EncodeError) throw error;
      this.counters.errors++;
      this.#options.logger.trouble(
        'EBBCACHE_MEMORY',
        { err: error },
        `The memory tier failed, which was a miss or a refused put. ${messageOf(error)}`,
      );
      return undefined;
    }
  }
}

function some<T>(values: Iterable<T>, condition: (value: T) => boolean): boolean {
  for (const value of values) if (condition(value)) return true;
  return false;
}

function remoteCodeOf(failure: Error): WarningCode {
  return failure instanceof NoClientError ? 'EBBCACHE_REMOTE_CLIENT' : 'EBBCACHE_REMOTE';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
