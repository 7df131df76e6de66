// The records of files in all tiers: memory and disk, which the addon reads in one call, then the remote.
// What is found in one is put into those before it.

import { EncodeError } from '../codec/encode-error.js';
import { messageOf } from '../errors.js';
import { contentState } from '../files/content-state.js';
import type { PlainPath } from '../files/file-path.js';
import { ABSENT_STATE, type FileState, fileState, whyNoState } from '../files/file-state.js';
import { DiskError } from '../tiers/disk-error.js';
import { decodeEntry, encodeEntry, type StoredRecord } from '../tiers/entry.js';
import { GuardedRemote } from '../tiers/guarded-remote.js';
import type { Metadata } from '../tiers/metadata.js';
import { NoClientError } from '../tiers/no-client-error.js';
import { decodeRecord, freshUntilOf, isRecordOf } from '../tiers/record.js';
import type { WarningCode } from '../warnings.js';
import type { ResolvedAdvancedOptions } from './advanced-options.js';
import { DISK_WARNINGS, type DiskEvent } from './disk-events.js';
import {
  contentPlace,
  fileKey,
  filePlace,
  type PathComparison,
  placeKey,
  placesBelow,
} from './file-key.js';
import { KeptCounters } from './kept-counters.js';
import { type FoundRecord, LocalRecords } from './local-records.js';
import { MemoryBounds } from './memory-bound.js';
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
  /** Memory and disk. */
  readonly local: LocalRecords;
  /** Of the memory tier. */
  readonly bounds: MemoryBounds;
  readonly hasDisk: boolean;
  readonly remote: GuardedRemote | undefined;
  readonly counters = new TierCounters();
  readonly #options: ResolvedAdvancedOptions;
  readonly #kept: KeptCounters | undefined;

  constructor(options: ResolvedAdvancedOptions, ebb: boolean, events: RemoteEvents) {
    this.#options = options;
    const { maxMemoryBytes, maxMemoryEntries, policy, cacheDir, maxDiskSizeMb } = options;
    this.hasDisk = maxDiskSizeMb > 0 && cacheDir !== '';
    if (maxDiskSizeMb > 0 && cacheDir === '') {
      options.logger.trouble(
        'EBBCACHE_NO_HOME',
        {},
        'There is no disk tier, because this user has no home. Give a cacheDir.',
      );
    }
    this.bounds = new MemoryBounds(maxMemoryEntries);
    const disk = { dir: cacheDir, maxBytes: maxDiskSizeMb * MIB };
    this.local = new LocalRecords({
      maxBytes: maxMemoryBytes,
      maxEntries: maxMemoryEntries,
      ttl: this.#lifetime,
      policy,
      ebb,
      ...(this.hasDisk ? { disk } : {}),
    });
    if (this.hasDisk) {
      this.local.arena.on('disk', (event) => this.#logDisk(event));
      this.#kept = new KeptCounters(this.local.nativeStore, () => {
        const memory = this.local.stats();
        const evictionsByEntries = this.bounds.evictionsByEntries(memory);
        return { ...this.counters, evictions: memory.evictions, evictionsByEntries };
      });
    }
    this.remote = options.remote && new GuardedRemote(options.remote);
    this.#startRemote(events);
  }

  /** How long a record is kept, ms. */
  get #lifetime(): number {
    return this.#options.ttlMs + this.#options.staleMs;
  }

  /** Where no state is looked at, no folder is either. */
  get #comparison(): PathComparison {
    return this.#options.validate === 'none' ? 'text' : 'followed';
  }

  /** What the record of the file is stored under, by its path. */
  keyOf(filePath: PlainPath, tier: string): string {
    return fileKey(filePath, tier, this.#comparison);
  }

  /** In memory or on disk. */
  find(filePath: PlainPath, tier: string): Found {
    if (this.#options.validate !== 'stat' || typeof filePath !== 'string') {
      return this.#findByIdentity(this.identify(filePath, tier));
    }
    const key = this.keyOf(filePath, tier);
    const found = this.#whatSucceeds(() => this.local.lookUp(key, filePath));
    if (typeof found !== 'object') return { key, state: found };
    const identity = { key, state: undefined };
    const result = this.#foundOf(identity, found);
    return result === identity ? { key, state: fileState(filePath) } : result;
  }

  /** What is in memory or on disk under the identity, fresh; for who waits for others to put it there. */
  findFresh(identity: Identity): Metadata | undefined {
    const { metadata, isStale } = this.#findByIdentity(identity);
    return isStale ? undefined : metadata;
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
      const ttl = Math.max(1, expiresAt - Date.now());
      this.#whatSucceeds(() => this.local.put(key, stored.record, { ttl, cost: stored.cost }));
    }
    return metadata;
  }

  /** Whether `find` would find it, fresh; counts and changes nothing. */
  has(filePath: PlainPath, tier: string): boolean {
    const { key, state } = this.identify(filePath, tier);
    if (state === undefined) return false;
    return this.#whatSucceeds(() => this.local.has(key, state, Date.now())) ?? false;
  }

  /** What `find` would find, fresh; counts and changes nothing. */
  peek(filePath: PlainPath, tier: string): Metadata | undefined {
    const { key, state } = this.identify(filePath, tier);
    if (state === undefined) return undefined;
    return this.#whatSucceeds(() => this.local.peek(key, state, Date.now()));
  }

  /** Where the record of the file as it is now belongs. */
  identify(filePath: PlainPath, tier: string): Identity {
    const key = this.keyOf(filePath, tier);
    if (this.#options.validate === 'none') return { key, state: UNSEEN_STATE };
    if (this.#options.validate === 'stat') return { key, state: fileState(filePath) };
    const state = contentState(filePath);
    // Files that are not there have the same content, and nothing else in common.
    if (state === undefined || state === ABSENT_STATE) return { key, state };
    return { key: placeKey(contentPlace(state), tier), state };
  }

  /**
   * True when at least one tier took it; `ttlMs` is in place of the cache's own. Throws an EncodeError for
   * what none can take.
   */
  store(identity: Identity, metadata: Metadata, cost: number, ttlMs?: number): boolean {
    const { key, state } = identity;
    if (state === undefined) return false;
    const now = Date.now();
    const fresh = ttlMs ?? this.#options.ttlMs;
    const lifetime = fresh + this.#options.staleMs;
    const elsewhere = this.remote ? REMOTE_RECORD_BYTES : 0;
    const encoded = this.local.encode(state, metadata, now + fresh, elsewhere);
    const options = { cost, ttl: lifetime };
    const isHere = this.#whatSucceeds(() => this.local.store(key, encoded, options)) ?? false;
    if (encoded === undefined) return false;
    const record = asBuffer(encoded).subarray(0, encoded.end);
    const stored = { record, cost, expiresAt: now + lifetime };
    const isAtRemote =
      this.remote?.set(key, encodeEntry(Buffer.from(key), stored), lifetime) ?? false;
    if (!isHere && !isAtRemote) return false;
    // What was there before must not answer in place of what was not taken.
    if (!isHere) this.local.delete(key);
    this.counters.cacheWrites++;
    return true;
  }

  /** In memory and on disk; true when one of them had it. */
  forget(key: string): boolean {
    return this.local.delete(key);
  }

  /**
   * What records of the file are stored under, by its path and by what is in it now: in these tiers,
   * and with `all` also in those that only the disk has of it.
   */
  keysOf(filePath: PlainPath, tiers: Iterable<string>, all: boolean): Set<string> {
    const places = [filePlace(filePath, this.#comparison)];
    const content = this.#options.validate === 'content' ? contentState(filePath) : undefined;
    if (content !== undefined) places.push(contentPlace(content));
    const keys = new Set<string>();
    for (const place of places) {
      for (const tier of tiers) keys.add(placeKey(place, tier));
      if (!all || !this.hasDisk) continue;
      for (const key of this.local.nativeStore.keysOfPlace(place)) keys.add(key);
    }
    return keys;
  }

  /** Whether a key is of a file below the folder; none is that has no path. */
  isBelow(folder: PlainPath): (key: string) => boolean {
    const places = placesBelow(folder, this.#comparison);
    return (key) => places.some((place) => key.startsWith(place));
  }

  clear(): void {
    this.local.clear();
  }

  /** Resolves when all that was put is on the disk; false where some of it is not, or there is none. */
  async flush(): Promise<boolean> {
    if (!this.hasDisk) return false;
    this.#kept?.save();
    return this.local.nativeStore.flush();
  }

  /** Why a put of the file came to nothing, for the log. */
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

  #startRemote(events: RemoteEvents): void {
    const { logger } = this.#options;
    try {
      this.remote?.start({
        onFailure: (err) => logger.trouble(remoteCodeOf(err), { err }, err.message),
        onRecovery: () => logger.info('the remote tier is in use again'),
        onInvalidate: (keys) => events.onForgotten(keys),
      });
    } catch (error) {
      // It is another cache's: that one goes on with it.
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

  #findByIdentity(identity: Identity): Found {
    const { key, state } = identity;
    if (state === undefined) return identity;
    const found = this.#whatSucceeds(() => this.local.read(key, state));
    return found === undefined ? identity : this.#foundOf(identity, found);
  }

  #foundOf(identity: Identity, { metadata, source, freshUntil }: FoundRecord): Found {
    const now = Date.now();
    // Others that share the disk tier may keep theirs for longer.
    if (freshUntil + this.#options.staleMs <= now) return identity;
    return { ...identity, metadata, source, isStale: freshUntil <= now };
  }

  /** When a record ends for this cache: others that share the remote may keep theirs for longer. */
  #endOf({ record, expiresAt }: StoredRecord): number {
    const longest = Date.now() + this.#lifetime;
    return Math.min(expiresAt, freshUntilOf(record) + this.#options.staleMs, longest);
  }

  /** What `operate` gives; undefined, with a count and a line in the log, where memory or disk failed. */
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

function remoteCodeOf(failure: Error): WarningCode {
  return failure instanceof NoClientError ? 'EBBCACHE_REMOTE_CLIENT' : 'EBBCACHE_REMOTE';
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
