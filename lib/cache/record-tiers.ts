// The records of files in all tiers: memory, then disk, then the remote. What is found in one is put
// into those before it.

import { EncodeError } from '../codec/encode-error.js';
import { contentState } from '../files/content-state.js';
import { ABSENT_STATE, type FileState, fileState, whyNoState } from '../files/file-state.js';
import { DiskTier } from '../tiers/disk/disk-tier.js';
import { decodeEntry, encodeEntry, type StoredRecord } from '../tiers/entry.js';
import { GuardedRemote } from '../tiers/guarded-remote.js';
import type { Metadata } from '../tiers/metadata.js';
import { decodeRecord, freshUntilOf, isRecordOf } from '../tiers/record.js';
import type { ResolvedAdvancedOptions } from './advanced-options.js';
import { contentPlace, fileKey, filePlace, placeKey } from './file-key.js';
import { MemoryTier } from './memory-tier.js';
import { TierCounters } from './tier-counters.js';

const MIB = 1024 * 1024;
/** Larger records are not made for a remote tier alone. */
const REMOTE_RECORD_BYTES = 64 * MIB;
/** The state of every file, where none is looked at. */
const UNSEEN_STATE: FileState = '\0'.repeat(ABSENT_STATE.length);

/** Where the record of a file as it is now belongs; without a state it belongs nowhere. */
export interface Identity {
  key: string;
  state: FileState | undefined;
}

/** What a look-up came to. Where it found nothing, the identity tells where to go on. */
export interface Found extends Identity {
  metadata?: Metadata;
  source?: 'memory' | 'disk';
  /** Past its time to live, and to be given out only while it is replaced. */
  isStale?: boolean;
}

/** What comes in from other processes. */
export interface RemoteEvents {
  /** They have forgotten these keys; all if undefined. */
  onForgotten(keys: readonly string[] | undefined): void;
}

export class RecordTiers {
  readonly memory: MemoryTier;
  readonly disk: DiskTier | undefined;
  readonly remote: GuardedRemote | undefined;
  readonly counters = new TierCounters();
  readonly #options: ResolvedAdvancedOptions;

  constructor(options: ResolvedAdvancedOptions, ebb: boolean, events: RemoteEvents) {
    this.#options = options;
    const { maxMemoryBytes, maxMemoryEntries, policy, cacheDir, maxDiskSizeMb } = options;
    this.memory = new MemoryTier({
      maxBytes: maxMemoryBytes,
      maxEntries: maxMemoryEntries,
      ttl: this.#lifetime,
      policy,
      ebb,
    });
    if (maxDiskSizeMb > 0 && cacheDir === '') {
      options.logger.warn('there is no disk tier: this user has no home; give a cacheDir');
    } else if (maxDiskSizeMb > 0) {
      this.disk = new DiskTier({
        folder: cacheDir,
        maxBytes: maxDiskSizeMb * MIB,
        isInMemory: (key) => this.memory.arena.has(key),
        counters: () => ({ ...this.counters, evictions: this.memory.stats().evictions }),
        onTrouble: (err) => options.logger.warn({ err, cacheDir }, err.message),
        onRecovery: () => options.logger.info({ cacheDir }, 'the disk tier is in use again'),
      });
    }
    this.remote = options.remote && new GuardedRemote(options.remote);
    this.#startRemote(events);
  }

  /** How long a record is kept, ms. */
  get #lifetime(): number {
    return this.#options.ttlMs + this.#options.staleMs;
  }

  /** Bytes of a record that the tiers below memory take at most. */
  get #largestElsewhere(): number {
    return Math.max(this.disk?.largestRecord ?? 0, this.remote ? REMOTE_RECORD_BYTES : 0);
  }

  /** In memory or on disk. */
  find(filePath: string, tier: string): Found {
    if (this.#options.validate !== 'stat')
      return this.#findByIdentity(this.identify(filePath, tier));
    const key = fileKey(filePath, tier);
    const metadata = this.#readMemory(() => this.memory.lookUp(key, filePath));
    if (metadata !== undefined) return this.#foundInMemory({ key, state: undefined }, metadata);
    return this.#findOnDisk({ key, state: this.memory.takeState() });
  }

  /** At the remote. Never rejects. What is found is kept here if `isToKeep`, which is asked then. */
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
    const expiresAt = this.#endOf(stored);
    const isOurs = isRecordOf(state, stored.record) && freshUntilOf(stored.record) > Date.now();
    const metadata = isOurs && expiresAt > Date.now() ? decodeRecord(stored.record) : undefined;
    if (metadata !== undefined && isToKeep()) {
      this.#promote(key, stored, expiresAt);
      this.disk?.put(key, { ...stored, expiresAt });
    }
    return metadata;
  }

  /** Whether a look-up would find it now, in memory or on disk, and fresh. */
  has(filePath: string, tier: string): boolean {
    const { metadata, isStale } = this.#findByIdentity(this.identify(filePath, tier));
    return metadata !== undefined && !isStale;
  }

  /** Where the record of the file as it is now belongs. */
  identify(filePath: string, tier: string): Identity {
    const key = fileKey(filePath, tier);
    if (this.#options.validate === 'none') return { key, state: UNSEEN_STATE };
    if (this.#options.validate === 'stat') return { key, state: fileState(filePath) };
    const state = contentState(filePath);
    // Files that are not there have the same content, and nothing else in common.
    if (state === undefined || state === ABSENT_STATE) return { key, state };
    return { key: placeKey(contentPlace(state), tier), state };
  }

  /** True when at least one tier took it. Throws an EncodeError for what none can take. */
  store(identity: Identity, metadata: Metadata, cost: number): boolean {
    const { key, state } = identity;
    if (state === undefined) return false;
    const now = Date.now();
    const freshUntil = now + this.#options.ttlMs;
    const encoded = this.memory.encode(state, metadata, freshUntil, this.#largestElsewhere);
    const inMemory = this.#writeMemory(() => this.memory.store(key, encoded, { cost }));
    if (encoded === undefined) return false;
    const record = asBuffer(encoded).subarray(0, encoded.end);
    const stored = { record, cost, expiresAt: now + this.#lifetime };
    const onDisk = this.disk?.put(key, stored) ?? false;
    const atRemote =
      this.remote?.set(key, encodeEntry(Buffer.from(key), stored), this.#lifetime) ?? false;
    const isStored = inMemory || onDisk || atRemote;
    if (!isStored) return false;
    // What was there before must not answer in place of what a tier did not take.
    if (!inMemory) this.memory.delete(key);
    if (!onDisk) this.disk?.delete(key);
    this.counters.cacheWrites++;
    return true;
  }

  /** In memory alone: the disk tier has, or gets, the record from another thread. */
  adopt(identity: Identity, metadata: Metadata): void {
    const { key, state } = identity;
    if (state === undefined) return;
    try {
      const record = this.memory.encode(state, metadata, Date.now() + this.#options.ttlMs);
      this.memory.store(key, record);
    } catch (error) {
      this.#noteMemoryError(error);
    }
  }

  /** In memory and on disk; true when one of them had it. */
  forget(key: string): boolean {
    const wasOnDisk = this.disk?.forget(key) ?? false;
    const wasInMemory = this.memory.delete(key);
    return wasInMemory || wasOnDisk;
  }

  /**
   * What records of the file are stored under, by its path and by what is in it now: in these tiers,
   * and with `all` also in those that only the disk has of it.
   */
  keysOf(filePath: string, tiers: Iterable<string>, all: boolean): Set<string> {
    const places = [filePlace(filePath)];
    const content = this.#options.validate === 'content' ? contentState(filePath) : undefined;
    if (content !== undefined) places.push(contentPlace(content));
    const keys = new Set<string>();
    for (const place of places) {
      const onDisk = all ? (this.disk?.tiersOf(place) ?? []) : [];
      for (const tier of [...tiers, ...onDisk]) keys.add(placeKey(place, tier));
    }
    return keys;
  }

  clear(): void {
    this.memory.clear();
    this.disk?.clear();
  }

  /** Why a put of the file came to nothing, for the log. */
  whyNotStored(filePath: string, { state }: Identity): string {
    return state === undefined ? whyNoState(filePath) : 'No tier has room for it.';
  }

  /** Failures of all tiers. */
  get errors(): number {
    const below = (this.disk?.stats().errors ?? 0) + (this.remote?.stats().errors ?? 0);
    return this.counters.errors + this.memory.stats().corruptRecords + below;
  }

  close(): void {
    this.disk?.close();
    this.remote?.close();
    this.memory.arena.close();
  }

  #startRemote(events: RemoteEvents): void {
    const { logger } = this.#options;
    try {
      this.remote?.start({
        onFailure: (err) => logger.warn({ err }, err.message),
        onRecovery: () => logger.info('the remote tier is in use again'),
        onInvalidate: (keys) => events.onForgotten(keys),
      });
    } catch (error) {
      // It is another cache's: that one goes on with it.
      this.disk?.close();
      this.memory.arena.close();
      throw error;
    }
  }

  #findByIdentity(identity: Identity): Found {
    const { key, state } = identity;
    if (state === undefined) return identity;
    const metadata = this.#readMemory(() => this.memory.read(key, state));
    if (metadata !== undefined) return this.#foundInMemory(identity, metadata);
    return this.#findOnDisk(identity);
  }

  #foundInMemory(identity: Identity, metadata: Metadata): Found {
    const isStale = this.#options.staleMs > 0 && this.memory.freshUntil <= Date.now();
    return { ...identity, metadata, source: 'memory', isStale };
  }

  #findOnDisk(identity: Identity): Found {
    const { key, state } = identity;
    const stored = state === undefined ? undefined : this.disk?.get(key);
    if (state === undefined || stored === undefined || this.#endOf(stored) <= Date.now()) {
      return identity;
    }
    const now = Date.now();
    const metadata = isRecordOf(state, stored.record) ? decodeRecord(stored.record) : undefined;
    if (metadata === undefined) {
      // Of another state of the file: nobody will ask for it again.
      this.disk?.delete(key);
      return identity;
    }
    const isStale = freshUntilOf(stored.record) <= now;
    this.#promote(key, stored, this.#endOf(stored));
    return { key, state, metadata, source: 'disk', isStale };
  }

  /** When a record ends for this cache: others that share the tier may keep theirs for longer. */
  #endOf({ record, expiresAt }: StoredRecord): number {
    const longest = Date.now() + this.#lifetime;
    return Math.min(expiresAt, freshUntilOf(record) + this.#options.staleMs, longest);
  }

  #promote(key: string, { record, cost }: StoredRecord, expiresAt: number): void {
    const ttl = Math.max(1, expiresAt - Date.now());
    this.#writeMemory(() => this.memory.put(key, record, { ttl, cost }));
  }

  #readMemory(read: () => Metadata | undefined): Metadata | undefined {
    try {
      return read();
    } catch (error) {
      this.#noteMemoryError(error);
      return undefined;
    }
  }

  #writeMemory(write: () => boolean): boolean {
    try {
      return write();
    } catch (error) {
      if (error instanceof EncodeError) throw error;
      this.#noteMemoryError(error);
      return false;
    }
  }

  #noteMemoryError(err: unknown): void {
    this.counters.errors++;
    this.#options.logger.warn({ err }, 'the memory tier failed');
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
