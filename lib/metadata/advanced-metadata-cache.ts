import { checkFunction, checkOptions, checkSignal } from '../checks/arguments.js';
import { argumentTypeError, ClosedError } from '../errors/errors.js';
import { type FilePath, ownCopyOf, textOf, toPlainPath } from '../files/file-path.js';
import type { Metadata } from '../tiers/metadata.js';
import { ADVANCED_NAMES, type AdvancedCacheOptions } from './advanced-options.js';
import { type AdvancedCacheStats, advancedStats } from './advanced-stats.js';
import { type CacheSizes, checkSizes } from './cache-sizes.js';
import { ClosingGate } from './closing-gate.js';
import { type Extraction, Extractions, type MetadataExtractor } from './extractions.js';
import { FETCH_NAMES, type FetchOptions } from './fetch-options.js';
import { DEFAULT_TIER } from './file-key.js';
import { KnownTiers } from './known-tiers.js';
import { checkMetadata } from './metadata-check.js';
import { checkPutOptions, checkTtlSeconds, type PutOptions } from './put-options.js';
import type { Identity } from './record-keys.js';
import { type Found, RecordTiers } from './record-tiers.js';
import { type ResolvedAdvancedOptions, resolveAdvancedOptions } from './resolved-options.js';
import { type StoredKey, storedKeys } from './stored-keys.js';
import { type WarmOptions, warm } from './warm.js';

/** What a subclass has made of the options that it was given. */
export interface SubclassOptions {
  resolved: ResolvedAdvancedOptions;
  /** Whether the memory tier shrinks under memory pressure. */
  ebb: boolean;
}

/**
 * Metadata by file, as long as the file stays as it was, in memory, on disk and, if there is one, at a
 * remote: what `validate` says is looked at with every call. A file that is not there has a state too.
 *
 * A path is a string, a Buffer (for names that are not UTF-8) or a URL with the scheme file:. All paths of
 * one file lead to one record, but those by links to it or its folders. A path that the system takes for
 * that of a folder, as 'photo.jpg/', is not that of the file 'photo.jpg'.
 *
 * `tier` names one of several records of the same file ('quick', 'full'); 'default' if left out. One may
 * put records of that and 64 others.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for arguments of the wrong
 * kind, an EncodeError for metadata that cannot be stored, a ClosedError after shutdown(). Nothing
 * about a file, the machine or a tier throws: it is a miss, or false, and in the log.
 *
 * This is the basic cache: its memory tier keeps its budget whatever becomes of the machine's memory.
 * Services want the EnhancedMetadataCache, which shrinks under memory pressure.
 */
export class AdvancedMetadataCache {
  protected readonly tiers: RecordTiers;
  readonly #options: ResolvedAdvancedOptions;
  readonly #extractions: Extractions;
  readonly #known = new KnownTiers(DEFAULT_TIER);
  readonly #gate = new ClosingGate(() => this.tiers.close());
  #closed = false;

  /** `own` is for a subclass of this package, which may have further options. */
  constructor(options?: AdvancedCacheOptions, own?: SubclassOptions) {
    this.#options = own?.resolved ?? resolveAdvancedOptions(options, ADVANCED_NAMES);
    this.tiers = new RecordTiers(this.#options, own?.ebb ?? false, {
      onForgotten: (keys) => this.#forgetHere(keys),
    });
    this.#extractions = new Extractions(this.tiers, this.#options, this.#gate);
  }

  /** Whether shutdown() was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The metadata stored for this state of the file, or undefined: from memory, then from disk. Never
   * throws for a missing or unreadable file.
   */
  get<T extends object = Metadata>(filePath: FilePath, tier: string = DEFAULT_TIER): T | undefined {
    this.assertOpen();
    const path = toPlainPath(filePath);
    const found = this.whileOpen(() => this.tiers.find(path, tier));
    if (found.metadata === undefined || found.isStale) {
      this.tiers.counters.misses++;
      return undefined;
    }
    this.#countHit(found, tier);
    return found.metadata as T;
  }

  /** What `get` of each path gives, in their order. With a bad path nothing is read or counted. */
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

  /** What `get` would give, from memory or disk. Counts neither as hit nor as use, and moves nothing. */
  peek<T extends object = Metadata>(
    filePath: FilePath,
    tier: string = DEFAULT_TIER,
  ): T | undefined {
    this.assertOpen();
    const path = toPlainPath(filePath);
    return this.whileOpen(() => this.tiers.peek(path, tier)) as T | undefined;
  }

  /** Whether `get` would find it, in memory or on disk. Counts neither as hit nor as use, and moves nothing. */
  has(filePath: FilePath, tier: string = DEFAULT_TIER): boolean {
    this.assertOpen();
    const path = toPlainPath(filePath);
    return this.whileOpen(() => this.tiers.has(path, tier));
  }

  /**
   * Where there are records of this namespace and version in memory and on disk, each once and in no particular
   * order, of whatever state of their files. Those that are known by content, and of paths of more than 16,384 characters, have no
   * path to be told, and are left out.
   */
  keys(): IterableIterator<StoredKey> {
    this.assertOpen();
    return storedKeys(() => this.assertOpen(), this.tiers.stored());
  }

  /**
   * Stores a copy of the metadata for this state of the file. True when at least one tier took it;
   * false, with the reason in the log, when none has room for it, or the path is nothing that has a
   * state (a folder, an unreadable file). `extractionTimeMs` is what it took to extract: 0, the default,
   * to Number.MAX_SAFE_INTEGER. The disk is written later, and the remote too: see flush.
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
      // What is being extracted of it is older.
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
   * get, also from the remote, or one call of `extract` shared by all who wait in any thread of the
   * process that has the same cache, then put. Each gets an object of its own, which is what a later
   * `get` gives. A caller whose `signal` aborts stops waiting; the extraction's signal aborts when nobody
   * waits. A rejection goes to all who wait; it is no value, and is kept only for `negativeTtlSeconds`. Errors of ebbcache have their
   * class in every thread, and when they were kept; others have their name, message, code, stack and
   * cause, and are of a class of JavaScript's own. The result is not kept when the file has changed in
   * the meantime, or was invalidated.
   *
   * `extract` gets the path as the call that it serves has it. A fetch by `extract` of the file that it extracts,
   * or of one that waits for it in this thread, is rejected with a CircularFetchError.
   *
   * `extract` runs in the asynchronous context of the call that it serves first, or of the one that finds
   * a stale record. shutdown() aborts it, and all who wait in this thread are rejected with a ClosedError.
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
    const found = this.whileOpen(() => this.tiers.find(path, tier));
    if (found.metadata !== undefined) this.#countHit(found, tier);
    if (found.metadata !== undefined && !found.isStale) return found.metadata as T;
    const own = ownCopyOf(given);
    const work = {
      filePath: path,
      tier,
      ttlMs,
      extract: (shared: AbortSignal) => extract(own, shared),
    };
    if (found.metadata !== undefined) {
      this.#revalidate(work);
      return found.metadata as T;
    }
    const { key, state } = found;
    return (await this.#extractions.run({ key, state, ...work }, signal)) as T;
  }

  /**
   * Forgets what is stored for the file: in one tier, or in all of them if `tier` is left out, that is, in
   * all that this cache has had records of and all that are on disk, of any version. Other caches hear of it by the disk
   * tier or the remote that they share with this one; without either, what they have in memory stays until
   * it ends or the file changes.
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
   * Forgets the records of all files below the folder, however deep, in all tiers and of any version, and
   * returns how many there were in memory and on disk. It reads all keys that are there. It removes those from the
   * remote too, and what this thread is extracting: what only the remote has stays, and so do records that have no path (see keys).
   */
  invalidateFolder(folderPath: FilePath): number {
    this.assertOpen();
    const folder = toPlainPath(folderPath);
    return this.whileOpen(() => {
      const isBelow = this.tiers.keys.isBelow(folder);
      // All of them first: a key may move while others are deleted.
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
   * Forgets all records of this namespace, in all tiers and of any version, and gives their memory back; counters
   * stay. A remote deletes all that it has under its key prefix, of any namespace.
   */
  clearAll(): void {
    this.assertOpen();
    this.whileOpen(() => {
      this.#forgetHere(undefined);
      this.tiers.remote?.clear();
    });
  }

  /**
   * Changes the sizes that are given, with the ranges that they have as options; evicts and gives memory back
   * before it returns. Under pressure the memory's budget stays what pressure allows. What shares the memory
   * tier with this cache is resized too; the bound of the file on disk is everybody's.
   *
   * Throws an EbbcacheError with the code 'ERR_EBBCACHE_MEMORY' where the OS refuses the memory for larger
   * tables: then maxMemoryMb is what it was.
   */
  resize(sizes: CacheSizes): void {
    this.assertOpen();
    const checked = checkSizes(sizes, this.tiers.hasDisk);
    this.whileOpen(() => this.tiers.resize(checked));
  }

  /**
   * Resolves when all that was put is on the disk and at the remote, to whether it is all on the disk:
   * false where something was dropped since the last time, or there is no disk tier in use.
   */
  async flush(): Promise<boolean> {
    this.assertOpen();
    const [isComplete] = await Promise.all([this.tiers.flush(), this.tiers.remote?.flush()]);
    return isComplete;
  }

  /** Counters since the cache was made, and what it holds now. */
  getStats(): AdvancedCacheStats {
    this.assertOpen();
    return this.whileOpen(() => advancedStats(this.tiers));
  }

  /**
   * Extracts what is not cached yet. Resolves with, for each path, whether it is in the cache now; a
   * file whose extraction fails is not. Rejects with the signal's reason when that aborts.
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
   * Aborts the extractions that run, writes what the disk has not yet, and gives all memory back. Their
   * signals have a ClosedError as the reason, and so do the rejections of the fetches that wait for them
   * here; another thread that waits for one extracts itself. May be called again, and from within a
   * logger, a listener or any other function that the cache calls: the call that is under way is
   * finished first.
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

  /** Keeps the tiers open until the call is over, also where it shuts the cache down. */
  protected whileOpen<T>(call: () => T): T {
    return this.#gate.run(call);
  }

  #closedError(): ClosedError {
    return new ClosedError(
      `The cache is shut down. Make a new ${this.constructor.name}, or shut this one down later.`,
    );
  }

  /** Extracts anew while the caller has a stale record; the result is for the next caller. */
  #revalidate(work: Omit<Extraction, keyof Identity>): void {
    const { filePath, tier } = work;
    const identity = this.tiers.keys.identify(filePath, tier);
    this.#extractions.revalidate({ ...identity, ...work }).catch((err) => {
      if (this.#closed) return;
      this.#options.logger.warn(
        { err, filePath: textOf(filePath) },
        'a stale record could not be extracted anew',
      );
    });
  }

  #countHit({ source }: Found, tier: string): void {
    // On disk there may be tiers that others have put.
    if (source === 'disk') this.#known.note(tier);
    this.tiers.counters[source === 'disk' ? 'diskHits' : 'memoryHits']++;
  }

  /** True where there was something to remove. */
  #forget(key: string): boolean {
    this.#extractions.forget(key);
    return this.tiers.forget(key);
  }

  /** Removes these keys in this process, or all of them where that is undefined. */
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
