import { checkFunction, checkNumber, checkOptions, checkSignal } from '../arguments.js';
import { ClosedError } from '../errors.js';
import type { Metadata } from '../tiers/metadata.js';
import {
  type AdvancedCacheOptions,
  type ResolvedAdvancedOptions,
  resolveAdvancedOptions,
} from './advanced-options.js';
import { type AdvancedCacheStats, lookUpStats } from './advanced-stats.js';
import { ClosingGate } from './closing-gate.js';
import { Extractions, type MetadataExtractor } from './extractions.js';
import { DEFAULT_TIER, fileKey } from './file-key.js';
import { KnownTiers } from './known-tiers.js';
import { checkMetadata } from './metadata-check.js';
import { type Found, RecordTiers } from './record-tiers.js';
import { type WarmOptions, warm } from './warm.js';

export interface FetchOptions {
  tier?: string;
  signal?: AbortSignal;
}

/**
 * Metadata by file, as long as the file stays as it was, in memory, on disk and, if there is one, at a
 * remote: what `validate` says is looked at with every call. A file that is not there has a state too.
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

  /** `ebb`: whether the memory tier shrinks under memory pressure, as that of a subclass may. */
  constructor(options?: AdvancedCacheOptions, ebb = false) {
    this.#options = resolveAdvancedOptions(options);
    this.tiers = new RecordTiers(this.#options, ebb, {
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
  get<T extends Metadata = Metadata>(filePath: string, tier: string = DEFAULT_TIER): T | undefined {
    this.assertOpen();
    const found = this.whileOpen(() => this.tiers.find(filePath, tier));
    if (found.metadata === undefined || found.isStale) {
      this.tiers.counters.misses++;
      return undefined;
    }
    this.#countHit(found, tier);
    return found.metadata as T;
  }

  /**
   * Stores a copy of the metadata for this state of the file. True when at least one tier took it;
   * false, with the reason in the log, when none has room for it, or the path is nothing that has a
   * state (a folder, an unreadable file). `extractionTimeMs` is what it took to extract: 0, the default,
   * to Number.MAX_SAFE_INTEGER. The disk is written later, and the remote too: see flush.
   */
  put(
    filePath: string,
    metadata: Metadata,
    tier: string = DEFAULT_TIER,
    extractionTimeMs = 0,
  ): boolean {
    this.assertOpen();
    return this.whileOpen(() => {
      const identity = this.tiers.identify(filePath, tier);
      checkMetadata(metadata);
      checkNumber('extractionTimeMs', extractionTimeMs, 0, Number.MAX_SAFE_INTEGER, 'ms');
      this.#known.add(tier);
      // What is being extracted of it is older.
      this.#extractions.forget(identity.key);
      if (this.tiers.store(identity, metadata, extractionTimeMs)) return true;
      const reason = this.tiers.whyNotStored(filePath, identity);
      this.#options.logger.warn({ filePath, tier, reason }, `metadata was not stored: ${reason}`);
      return false;
    });
  }

  /**
   * get, also from the remote, or one call of `extract` shared by all who wait in any thread of the
   * process that has the same cache, then put. Each gets a copy of its own, as a later get
   * would. A caller whose
   * `signal` aborts stops waiting; the extraction's signal aborts when nobody waits. A rejection goes to
   * all who wait; it is no value, and is kept only for `negativeTtlSeconds`. Errors of ebbcache have their
   * class in every thread, and when they were kept; others have their name, message, code, stack and
   * cause, and are of a class of JavaScript's own. The result is not kept when the file has changed in
   * the meantime, or was invalidated.
   *
   * `extract` runs in the asynchronous context of the call that it serves first, or of the one that finds
   * a stale record. shutdown() aborts it, and all who wait in this thread are rejected with a ClosedError.
   */
  async fetch<T extends Metadata = Metadata>(
    filePath: string,
    extract: MetadataExtractor<T>,
    options?: FetchOptions,
  ): Promise<T> {
    this.assertOpen();
    const { tier = DEFAULT_TIER, signal } = checkOptions(options);
    fileKey(filePath, tier);
    this.#known.add(tier);
    checkFunction('extract', extract);
    checkSignal(signal);
    signal?.throwIfAborted();
    const found = this.whileOpen(() => this.tiers.find(filePath, tier));
    if (found.metadata !== undefined) {
      this.#countHit(found, tier);
      if (found.isStale) this.#revalidate(filePath, extract, tier);
      return found.metadata as T;
    }
    const { key, state } = found;
    return (await this.#extractions.run({ key, state, filePath, tier, extract }, signal)) as T;
  }

  /**
   * Forgets what is stored for the file: in one tier, or in all of them if `tier` is left out, that is, in
   * all that this cache has had records of and all that are on disk. Other caches hear of it by the disk
   * tier or the remote that they share with this one; without either, what they have in memory stays until
   * it ends or the file changes.
   */
  invalidateFile(filePath: string, tier?: string): void {
    this.assertOpen();
    const all = tier === undefined;
    this.whileOpen(() => {
      const keys = this.tiers.keysOf(filePath, all ? this.#known : [tier], all);
      for (const key of keys) if (this.#forget(key)) this.tiers.counters.cacheInvalidations++;
      this.tiers.remote?.delete([...keys]);
    });
  }

  /** Forgets everything, in all tiers, and gives its memory back; counters stay. */
  clearAll(): void {
    this.assertOpen();
    this.whileOpen(() => {
      this.#forgetHere(undefined);
      this.tiers.remote?.clear();
    });
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

  getStats(): AdvancedCacheStats {
    this.assertOpen();
    return this.whileOpen(() => this.#stats());
  }

  #stats(): AdvancedCacheStats {
    const { counters } = this.tiers;
    const memory = this.tiers.local.stats();
    const { disk } = memory;
    return {
      ...lookUpStats(counters),
      evictions: memory.evictions,
      cacheWrites: counters.cacheWrites,
      cacheInvalidations: counters.cacheInvalidations,
      tierErrors: this.tiers.errors,
      memoryCacheSize: memory.entries,
      memoryBytes: memory.heldBytes,
      memoryPayloadBytes: memory.payloadBytes,
      memoryBudgetBytes: memory.budgetBytes,
      diskEntries: disk?.entries ?? 0,
      diskBytes: disk?.bytes ?? 0,
      diskEvictions: disk?.evictions ?? 0,
      diskDrops: disk?.drops ?? 0,
    };
  }

  /**
   * Extracts what is not cached yet. Resolves with, for each path, whether it is in the cache now; a
   * file whose extraction fails is not.
   */
  async warmCache(
    filePaths: string[],
    extract: (filePath: string) => Promise<Metadata> | Metadata,
    options?: WarmOptions,
  ): Promise<Record<string, boolean>> {
    this.assertOpen();
    return warm(
      {
        check: (filePath, tier) => void fileKey(filePath, tier),
        fetch: (filePath, tier) => this.fetch(filePath, extract, { tier }),
        has: (filePath, tier) => {
          this.assertOpen();
          return this.whileOpen(() => this.tiers.has(filePath, tier));
        },
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

  /** Behind the caller, who has a stale record; what comes of it is for the next one. */
  #revalidate(filePath: string, extract: MetadataExtractor<Metadata>, tier: string): void {
    const identity = this.tiers.identify(filePath, tier);
    this.#extractions.revalidate({ ...identity, filePath, tier, extract }).catch((err) => {
      if (this.#closed) return;
      this.#options.logger.warn({ err, filePath }, 'a stale record could not be extracted anew');
    });
  }

  #countHit({ source }: Found, tier: string): void {
    // On disk there may be tiers that others have put.
    if (source === 'disk') this.#known.note(tier);
    this.tiers.counters[source === 'disk' ? 'diskHits' : 'memoryHits']++;
  }

  /** True when there was something to forget. */
  #forget(key: string): boolean {
    this.#extractions.forget(key);
    return this.tiers.forget(key);
  }

  /** In this process; all if undefined. */
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
