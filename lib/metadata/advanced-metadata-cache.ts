import { type FieldOptions, fieldPathsOf } from '../arena/field-paths.js';
import { jsonOf } from '../arena/json-read.js';
import { checkFunction, checkOptions, checkSignal } from '../checks/arguments.js';
import { argumentTypeError, ClosedError } from '../errors/errors.js';
import { type FilePath, ownCopyOf, textOf, toPlainPath } from '../files/file-path.js';
import type { Metadata } from '../tiers/metadata.js';
import { ADVANCED_NAMES, type AdvancedCacheOptions } from './advanced-options.js';
import { type AdvancedCacheStats, advancedStats } from './advanced-stats.js';
import { type CacheSizes, checkSizes } from './cache-sizes.js';
import { ClosingGate } from './closing-gate.js';
import { CountedReads } from './counted-reads.js';
import { Extractions, type MetadataExtractor } from './extractions.js';
import { FETCH_NAMES, type FetchOptions } from './fetch-options.js';
import { DEFAULT_TIER } from './file-key.js';
import { KnownTiers } from './known-tiers.js';
import { checkMetadata } from './metadata-check.js';
import { checkPutOptions, checkTtlSeconds, type PutOptions } from './put-options.js';
import { RecordTiers } from './record-tiers.js';
import {
  type ResolvedAdvancedOptions,
  resolveAdvancedOptions,
  type SubclassOptions,
} from './resolved-options.js';
import { type StoredKey, storedKeys } from './stored-keys.js';
import { type WarmOptions, warm } from './warm.js';

/**
 * Caches metadata by file in memory, on disk and, where one is given, at a remote. A record is used only
 * while the file is unchanged, which every call checks as `validate` says. A missing file has a state too.
 *
 * A path is a string, a Buffer (for names that are not UTF-8) or a URL with the scheme file:. All paths of
 * one file lead to one record, except those through links to the file or to its folders. A path that the
 * system reads as that of a folder, such as 'photo.jpg/', is not the path of the file 'photo.jpg'.
 *
 * `tier` names one of several records of the same file ('quick', 'full'); its default is 'default'. A cache
 * may put records of 'default' and of 64 other tiers.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for arguments of the wrong kind, an
 * EncodeError for metadata that cannot be stored, a ClosedError after shutdown(). A failure of a file, of the
 * machine or of a tier never throws: it is a miss or false, and is reported to the log.
 *
 * This is the basic cache: its memory tier keeps its budget whatever happens to the machine's memory. The
 * EnhancedMetadataCache is the cache for services: it shrinks under memory pressure.
 */
export class AdvancedMetadataCache {
  protected readonly tiers: RecordTiers;
  readonly #options: ResolvedAdvancedOptions;
  readonly #extractions: Extractions;
  readonly #known = new KnownTiers(DEFAULT_TIER);
  readonly #reads: CountedReads;
  readonly #gate = new ClosingGate(() => this.tiers.close());
  #closed = false;

  /** `own` is for a subclass of this package, which may have further options. */
  constructor(options?: AdvancedCacheOptions, own?: SubclassOptions) {
    this.#options = own?.resolved ?? resolveAdvancedOptions(options, ADVANCED_NAMES);
    this.tiers = new RecordTiers(this.#options, own?.ebb ?? false, {
      onForgotten: (keys) => this.#forgetHere(keys),
    });
    this.#reads = new CountedReads(this.tiers, this.#known);
    this.#extractions = new Extractions(this.tiers, this.#options, this.#gate);
  }

  /** Whether shutdown() was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Returns the metadata stored for this state of the file, from memory or else from disk, or undefined. It
   * never throws for a missing or unreadable file. With `fields` it is an object with only these fields, and
   * nothing else is decoded: see ArenaCache's get.
   */
  get<T extends object = Metadata>(filePath: FilePath, tier?: string): T | undefined;
  get<T extends object = Metadata>(
    filePath: FilePath,
    tier: string | undefined,
    options: FieldOptions,
  ): Partial<T> | undefined;
  get(filePath: FilePath, tier: string = DEFAULT_TIER, options?: FieldOptions): object | undefined {
    this.assertOpen();
    const path = toPlainPath(filePath);
    const { local } = this.tiers;
    const decode = options === undefined ? local.whole : local.fields(fieldPathsOf(options));
    return this.whileOpen(() => this.#reads.get(path, tier, decode));
  }

  /**
   * Returns the UTF-8 of what JSON.stringify makes of the metadata that `get` returns, or undefined. It counts
   * as get does, and throws the TypeError of JSON.stringify for metadata with a bigint.
   */
  getJson(filePath: FilePath, tier: string = DEFAULT_TIER): Buffer | undefined {
    this.assertOpen();
    const path = toPlainPath(filePath);
    const { json } = this.tiers.local;
    const found = this.whileOpen(() => this.#reads.get(path, tier, json));
    return Buffer.isBuffer(found) ? found : jsonOf(found);
  }

  /** Returns what `get` returns for each path, in their order. With a bad path nothing is read or counted. */
  getMany<T extends object = Metadata>(
    filePaths: readonly FilePath[],
    tier: string = DEFAULT_TIER,
  ): (T | undefined)[] {
    this.assertOpen();
    if (!Array.isArray(filePaths)) throw argumentTypeError('filePaths must be an array of paths.');
    const paths = filePaths.map(toPlainPath);
    for (const path of paths) this.tiers.keys.keyOf(path, tier);
    return paths.map((path) => this.get<T>(path, tier));
  }

  /** Returns what `get` would, from memory or disk. It counts neither hit nor use, and moves nothing. */
  peek<T extends object = Metadata>(
    filePath: FilePath,
    tier: string = DEFAULT_TIER,
  ): T | undefined {
    this.assertOpen();
    const path = toPlainPath(filePath);
    return this.whileOpen(() => this.tiers.peek(path, tier)) as T | undefined;
  }

  /** Whether `get` would find it in memory or on disk. It counts neither hit nor use, and moves nothing. */
  has(filePath: FilePath, tier: string = DEFAULT_TIER): boolean {
    this.assertOpen();
    const path = toPlainPath(filePath);
    return this.whileOpen(() => this.tiers.has(path, tier));
  }

  /**
   * Iterates over the records of this namespace and version in memory and on disk, whatever the state of
   * their files is. Each record is visited once, in no particular order.
   *
   * Records that are stored by content, and those of paths of more than 16,384 characters, have no path in
   * their keys and are left out.
   */
  keys(): IterableIterator<StoredKey> {
    this.assertOpen();
    return storedKeys(() => this.assertOpen(), this.tiers.stored());
  }

  /**
   * Stores a copy of the metadata for this state of the file. Returns true when at least one tier stored it.
   * Returns false, and logs the reason, when no tier has room for it or the path has no state (a folder, an
   * unreadable file). The disk and the remote are written later: see flush.
   *
   * `extractionTimeMs` is the time that the extraction took, 0 to Number.MAX_SAFE_INTEGER. Its default is 0.
   */
  put(filePath: FilePath, metadata: object, tier?: string, extractionTimeMs?: number): boolean;
  put(filePath: FilePath, metadata: object, options: PutOptions): boolean;
  put(
    filePath: FilePath,
    metadata: object,
    tierOrOptions?: string | PutOptions,
    extractionTimeMs?: number,
  ): boolean {
    this.assertOpen();
    const path = toPlainPath(filePath);
    const { tier, cost, ttlMs } = checkPutOptions(tierOrOptions, extractionTimeMs);
    return this.whileOpen(() => {
      const identity = this.tiers.keys.identify(path, tier);
      checkMetadata(metadata);
      this.#known.add(tier);
      // An extraction that is in flight has older metadata.
      this.#extractions.forget(identity.key);
      if (this.tiers.store(identity, metadata, cost, ttlMs)) return true;
      const reason = this.tiers.whyNotStored(path, identity);
      this.#options.logger.warn(
        { filePath: textOf(path), tier, reason },
        `metadata was not stored: ${reason}`,
      );
      return false;
    });
  }

  /**
   * Returns what `get` would return, or else the record of the remote, or else the result of one call of
   * `extract`, which is then put, unless the file has changed or was invalidated meanwhile. All callers that
   * wait for the same record share the call, in every thread of the process that has the same cache. Each
   * caller gets an object of its own, equal to what a later `get` returns.
   *
   * A caller whose `signal` aborts stops waiting; the extraction's own signal aborts when no caller waits.
   *
   * A rejection goes to all callers that wait. It is not stored as a value, and is kept only for
   * `negativeTtlSeconds`. Errors of ebbcache keep their class in every thread, and while they are kept;
   * others keep their name, message, code, stack and cause, and have a built-in class of JavaScript.
   *
   * `extract` gets the path in the form that the caller passed, and runs in the asynchronous context of the
   * first call that waits for it, or of the call that finds a stale record. If it fetches the file that it
   * extracts, or one that waits for it in this thread, that fetch is rejected with a CircularFetchError.
   *
   * shutdown() aborts `extract`, and rejects all callers that wait in this thread with a ClosedError.
   */
  fetch<T extends object = Metadata>(
    filePath: string,
    extract: MetadataExtractor<T>,
    options?: FetchOptions,
  ): Promise<T>;
  fetch<T extends object = Metadata, P extends FilePath = FilePath>(
    filePath: P,
    extract: MetadataExtractor<T, P>,
    options?: FetchOptions,
  ): Promise<T>;
  async fetch<T extends object, P extends FilePath>(
    given: P,
    extract: MetadataExtractor<T, P>,
    options?: FetchOptions,
  ): Promise<T> {
    this.assertOpen();
    const { tier = DEFAULT_TIER, signal, ttlSeconds } = checkOptions(options, FETCH_NAMES);
    const path = toPlainPath(given);
    this.tiers.keys.keyOf(path, tier);
    this.#known.add(tier);
    checkFunction('extract', extract);
    checkSignal(signal);
    const ttlMs = checkTtlSeconds(ttlSeconds);
    signal?.throwIfAborted();
    const found = this.whileOpen(() => this.#reads.find(path, tier));
    if (found.metadata !== undefined && !found.isStale) return found.metadata as T;
    const own = ownCopyOf(given);
    const work = {
      filePath: path,
      tier,
      ttlMs,
      extract: (shared: AbortSignal) => extract(own, shared),
    };
    if (found.metadata !== undefined) {
      this.#extractions.revalidate(work);
      return found.metadata as T;
    }
    const { key, state } = found;
    return (await this.#extractions.run({ key, state, ...work }, signal)) as T;
  }

  /**
   * Removes what is stored for the file in one tier. Where `tier` is left out, it removes the records of all
   * tiers that this cache has had records of, and all that are on disk, of any version.
   *
   * Other caches are notified through the disk tier or the remote that they share with this one. Without
   * either, their records in memory stay until they expire or the file changes.
   */
  invalidateFile(filePath: FilePath, tier?: string): void {
    this.assertOpen();
    const path = toPlainPath(filePath);
    const all = tier === undefined;
    this.whileOpen(() => {
      const keys = this.tiers.keysOf(path, all ? this.#known : [tier], all);
      for (const key of keys) if (this.#forget(key)) this.tiers.counters.cacheInvalidations++;
      this.tiers.remote?.delete([...keys]);
    });
  }

  /**
   * Removes the records of all files below the folder, at any depth, in all tiers and of any version. Returns
   * the number of records that were in memory and on disk. It reads all keys that are in memory and on disk.
   *
   * It removes the same records from the remote, and invalidates the extractions in flight in this thread. A
   * record that only the remote has stays, and so does one that has no path (see keys).
   */
  invalidateFolder(folderPath: FilePath): number {
    this.assertOpen();
    const folder = toPlainPath(folderPath);
    return this.whileOpen(() => {
      const isBelow = this.tiers.keys.isBelow(folder);
      // All keys are collected first, because a key may move while others are deleted.
      const stored = [...this.tiers.local.keys()].filter(isBelow);
      const keys = new Set([...stored, ...[...this.#extractions.keys()].filter(isBelow)]);
      let count = 0;
      for (const key of keys) if (this.#forget(key)) count++;
      this.tiers.counters.cacheInvalidations += count;
      if (keys.size > 0) this.tiers.remote?.delete([...keys]);
      return count;
    });
  }

  /**
   * Removes all records of this namespace, in all tiers and of any version, and releases their memory; the
   * counters stay. A remote deletes everything under its key prefix, of any namespace.
   */
  clearAll(): void {
    this.assertOpen();
    this.whileOpen(() => {
      this.#forgetHere(undefined);
      this.tiers.remote?.clear();
    });
  }

  /**
   * Changes the sizes that are given; their ranges are those of the options. It evicts and releases memory
   * before it returns. Under pressure the budget stays at what pressure allows.
   *
   * It also resizes the caches that share the memory tier. The bound of the file on disk is common to all.
   *
   * Throws an EbbcacheError with the code 'ERR_EBBCACHE_MEMORY' where the OS refuses the memory for larger
   * tables: then maxMemoryMb is unchanged.
   */
  resize(sizes: CacheSizes): void {
    this.assertOpen();
    const checked = checkSizes(sizes, this.tiers.hasDisk);
    this.whileOpen(() => this.tiers.resize(checked));
  }

  /**
   * Resolves once everything that was put is on the disk and at the remote. The result is whether all of it
   * is on the disk: false where something was dropped since the previous flush, or no disk tier is used.
   */
  async flush(): Promise<boolean> {
    this.assertOpen();
    const [isComplete] = await Promise.all([this.tiers.flush(), this.tiers.remote?.flush()]);
    return isComplete;
  }

  /** Returns the counters since the cache was made, and what it holds now. */
  getStats(): AdvancedCacheStats {
    this.assertOpen();
    return this.whileOpen(() => advancedStats(this.tiers));
  }

  /**
   * Extracts what is not cached yet. Resolves with, for each path, whether it is in the cache now; a file
   * whose extraction fails is not. Rejects with the signal's reason when the signal aborts.
   */
  async warmCache(
    filePaths: readonly string[],
    extract: (filePath: string, signal: AbortSignal) => Promise<object> | object,
    options?: WarmOptions,
  ): Promise<Record<string, boolean>> {
    this.assertOpen();
    return warm(
      {
        check: (filePath, tier) => void this.tiers.keys.keyOf(filePath, tier),
        fetch: (filePath, tier, signal) => this.fetch(filePath, extract, { tier, signal }),
        has: (filePath, tier) => this.has(filePath, tier),
        onFailure: (err, filePath) =>
          this.#options.logger.warn({ err, filePath }, 'warming the cache: extraction failed'),
      },
      filePaths,
      extract,
      options,
    );
  }

  /**
   * Aborts the extractions that are running, writes what is not on the disk yet, and releases all memory. The
   * signals of the extractions abort with a ClosedError, and the fetches that wait for them in this cache are
   * rejected with it; another thread that waits for one runs its own extraction.
   *
   * It may be called again, and from within a logger, a listener or any other function that the cache calls:
   * the call in progress then completes first.
   */
  shutdown(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#extractions.close(this.#closedError());
    this.#gate.close();
  }

  [Symbol.dispose](): void {
    this.shutdown();
  }

  protected assertOpen(): void {
    if (this.#closed) throw this.#closedError();
  }

  /** Keeps the tiers open until the call is over, even where the call shuts the cache down. */
  protected whileOpen<T>(call: () => T): T {
    return this.#gate.run(call);
  }

  #closedError(): ClosedError {
    return new ClosedError(
      `The cache is shut down. Make a new ${this.constructor.name}, or shut this one down later.`,
    );
  }

  /** Returns true where there was something to remove. */
  #forget(key: string): boolean {
    this.#extractions.forget(key);
    return this.tiers.forget(key);
  }

  /** Removes these keys from this process, or all keys where `keys` is undefined. */
  #forgetHere(keys: readonly string[] | undefined): void {
    if (this.#closed) return;
    this.whileOpen(() => {
      if (keys !== undefined) {
        for (const key of keys) this.#forget(key);
        return;
      }
      this.#extractions.forgetAll();
      this.#known.clear();
      this.tiers.clear();
    });
  }
}
