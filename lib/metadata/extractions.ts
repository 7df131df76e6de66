// What fetch does for a record that is in no tier of this process: it reads the remote or extracts, once for
// all callers that wait, and keeps a result that is still current.

import { type FilePath, type PlainPath, textOf } from '../files/file-path.js';
import { Copies, copiesCodec } from '../flights/copies.js';
import { ProcessLeases } from '../flights/process-lease.js';
import { type FlightWork, SingleFlight } from '../flights/single-flight.js';
import type { Metadata } from '../tiers/metadata.js';
import type { ClosingGate } from './closing-gate.js';
import { FailedExtractions } from './failed-extractions.js';
import { checkMetadata } from './metadata-check.js';
import type { Identity } from './record-keys.js';
import type { RecordTiers } from './record-tiers.js';
import type { ResolvedAdvancedOptions } from './resolved-options.js';

/**
 * Makes the metadata of a file. The signal aborts when no caller waits any longer, and with a ClosedError
 * when the cache is shut down.
 */
export type MetadataExtractor<T extends object = Metadata, P extends FilePath = string> = (
  filePath: P,
  signal: AbortSignal,
) => Promise<T> | T;

/** What is to be extracted, and where the result belongs. */
export interface Extraction extends Identity {
  filePath: PlainPath;
  tier: string;
  /** ms; it replaces the cache's own time to live. */
  ttlMs: number | undefined;
  extract: (signal: AbortSignal) => Promise<object> | object;
}

export class Extractions {
  readonly #tiers: RecordTiers;
  readonly #flights: SingleFlight<Copies<Metadata>>;
  readonly #failures: FailedExtractions;
  /** The results in flight that came from the remote. */
  readonly #remoteFinds = new WeakSet<Copies<Metadata>>();
  readonly #gate: ClosingGate;
  readonly #logger: ResolvedAdvancedOptions['logger'];
  readonly #leases: ProcessLeases | undefined;
  #closed: Error | undefined;

  /** `gate` keeps the tiers open during a call. */
  constructor(tiers: RecordTiers, options: ResolvedAdvancedOptions, gate: ClosingGate) {
    this.#tiers = tiers;
    this.#gate = gate;
    this.#logger = options.logger;
    this.#leases = tiers.hasDisk ? new ProcessLeases(tiers.local.nativeStore) : undefined;
    this.#failures = new FailedExtractions(options.negativeTtlMs, options.clock);
    this.#flights = new SingleFlight<Copies<Metadata>>({
      scope: scopeOf(options),
      adoptRejection: (key, state, reason) => {
        if (!this.#closed) this.#failures.note({ key, state }, reason);
      },
      ...copiesCodec<Metadata>(),
    });
  }

  /**
   * Resolves with a copy of the metadata that the remote has, or else of what is extracted. Rejects as the
   * extraction does, with the error of a recent failure that is kept, and with an EncodeError for metadata
   * that cannot be stored.
   */
  async run(extraction: Extraction, signal?: AbortSignal): Promise<Metadata> {
    if (this.#closed) throw this.#closed;
    const { counters } = this.#tiers;
    const failure = this.#failures.of(extraction);
    if (failure !== undefined) {
      counters.misses++;
      throw failure.reason;
    }
    let copies: Copies<Metadata> | undefined;
    try {
      const { key, state } = extraction;
      const work: FlightWork<Copies<Metadata>> = async (shared, isCurrent) => {
        const isToKeep = () => this.#isToKeep(extraction, isCurrent);
        const remote = await this.#tiers.findRemote(extraction, isToKeep);
        shared.throwIfAborted();
        if (remote === undefined) return this.#extractOnce(extraction, shared, isCurrent);
        const found = this.#copiesOf(remote);
        this.#remoteFinds.add(found);
        return found;
      };
      copies = await this.#flights.run(key, String(state), work, signal);
      return copies.take();
    } finally {
      const isRemote = copies !== undefined && this.#remoteFinds.has(copies);
      counters[isRemote ? 'remoteHits' : 'misses']++;
    }
  }

  /**
   * Extracts again, for later callers, a file that has a stale record; it does nothing where that failed
   * recently. A failure is logged.
   */
  revalidate(work: Omit<Extraction, keyof Identity>): void {
    const { filePath, tier } = work;
    const identity = this.#tiers.keys.identify(filePath, tier);
    this.#extractAside({ ...identity, ...work }).catch((err) => {
      if (this.#closed) return;
      this.#logger.warn(
        { err, filePath: textOf(filePath) },
        'a stale record could not be extracted anew',
      );
    });
  }

  async #extractAside(extraction: Extraction): Promise<void> {
    if (this.#closed || this.#failures.of(extraction) !== undefined) return;
    const { key, state } = extraction;
    await this.#flights.runAside(key, String(state), (signal, isCurrent) =>
      this.#extract(extraction, signal, isCurrent),
    );
  }

  /** The keys of flights in this thread and of failures that are kept; a key may come twice. */
  *keys(): IterableIterator<string> {
    yield* this.#flights.keys();
    yield* this.#failures.keys();
  }

  /** Neither keeps the result of what is in flight for the key, nor the failure of an earlier extraction. */
  forget(key: string): void {
    this.#flights.forget(key);
    this.#leases?.forget(key);
    this.#failures.forget(key);
  }

  forgetAll(): void {
    this.#flights.forgetAll();
    this.#leases?.forgetAll();
    this.#failures.forgetAll();
  }

  /** Aborts what is in flight, and rejects all callers that wait for it, with the reason. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#flights.close(reason);
    this.#failures.close();
  }

  /**
   * Extracts, unless another process that shares the disk tier is doing so; it then returns what that one
   * stored.
   */
  #extractOnce(
    extraction: Extraction,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<Copies<Metadata>> {
    const extract = () => this.#extract(extraction, signal, isCurrent);
    const find = () => {
      const metadata = this.#gate.run(() => this.#tiers.findFresh(extraction));
      return metadata && this.#copiesOf(metadata);
    };
    return this.#leases?.run(extraction.key, find, extract, signal, isCurrent) ?? extract();
  }

  async #extract(
    extraction: Extraction,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<Copies<Metadata>> {
    const started = performance.now();
    try {
      const metadata = await extraction.extract(signal);
      checkMetadata(metadata);
      const copies = this.#copiesOf(metadata);
      if (this.#isToKeep(extraction, isCurrent)) {
        const took = performance.now() - started;
        this.#gate.run(() => this.#tiers.store(extraction, metadata, took, extraction.ttlMs));
      }
      return copies;
    } catch (error) {
      if (!this.#closed && isCurrent() && !signal.aborted) this.#failures.note(extraction, error);
      throw error;
    }
  }

  #copiesOf(metadata: Metadata): Copies<Metadata> {
    return Copies.of(metadata, this.#tiers.local.destination);
  }

  /** Whether the result is still wanted, and belongs to the current state of the file. */
  #isToKeep({ filePath, tier, key, state }: Extraction, isCurrent: () => boolean): boolean {
    if (this.#closed || !isCurrent()) return false;
    const now = this.#tiers.keys.identify(filePath, tier);
    return now.key === key && now.state === state;
  }
}

/** Threads whose caches share a disk tier share their extractions. */
function scopeOf({ cacheDir, maxDiskSizeMb, validate }: ResolvedAdvancedOptions) {
  return maxDiskSizeMb > 0 && cacheDir !== '' ? `${validate}:${cacheDir}` : undefined;
}
