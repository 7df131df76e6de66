// What fetch does for a record that is in no tier of this process: asks the remote, or extracts, once for
// all who wait, and keeps what came of it if it is still wanted.

import type { FilePath, PlainPath } from '../files/file-path.js';
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
 * Makes the metadata of a file; the signal aborts when nobody waits for it any longer, and with a
 * ClosedError when the cache is shut down.
 */
export type MetadataExtractor<T extends object = Metadata, P extends FilePath = string> = (
  filePath: P,
  signal: AbortSignal,
) => Promise<T> | T;

/** What is to be extracted, and where the result belongs. */
export interface Extraction extends Identity {
  filePath: PlainPath;
  tier: string;
  /** ms, in place of the cache's own. */
  ttlMs: number | undefined;
  extract: (signal: AbortSignal) => Promise<object> | object;
}

export class Extractions {
  readonly #tiers: RecordTiers;
  readonly #flights: SingleFlight<Copies<Metadata>>;
  readonly #failures: FailedExtractions;
  /** The results being waited for that came from the remote. */
  readonly #remoteFinds = new WeakSet<Copies<Metadata>>();
  readonly #gate: ClosingGate;
  readonly #leases: ProcessLeases | undefined;
  #closed: Error | undefined;

  /** `gate` keeps the tiers open during a call. */
  constructor(tiers: RecordTiers, options: ResolvedAdvancedOptions, gate: ClosingGate) {
    this.#tiers = tiers;
    this.#gate = gate;
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
   * The metadata of the remote, or what is extracted, as a copy. Rejects as the extraction does, or did lately, and
   * with an EncodeError for metadata that cannot be stored.
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
   * Extracts anew what there is a stale record of; nothing, where that failed lately. Rejects as the
   * extraction does.
   */
  async revalidate(extraction: Extraction): Promise<void> {
    if (this.#closed || this.#failures.of(extraction) !== undefined) return;
    const { key, state } = extraction;
    await this.#flights.runAside(key, String(state), (signal, isCurrent) =>
      this.#extract(extraction, signal, isCurrent),
    );
  }

  /** The keys of flights in this thread and of failures that are kept; some may come twice. */
  *keys(): IterableIterator<string> {
    yield* this.#flights.keys();
    yield* this.#failures.keys();
  }

  /** What is under way for the key is not kept, nor how an earlier extraction failed. */
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

  /** Aborts what is under way, and rejects all who wait for it, with the reason. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#flights.close(reason);
    this.#failures.close();
  }

  /** Extracts, unless another process that shares the disk tier does, and what it found is there. */
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

  /** Still wanted, and of the file as it is. */
  #isToKeep({ filePath, tier, key, state }: Extraction, isCurrent: () => boolean): boolean {
    if (this.#closed || !isCurrent()) return false;
    const now = this.#tiers.keys.identify(filePath, tier);
    return now.key === key && now.state === state;
  }
}

/** Threads whose caches have one disk tier extract together. */
function scopeOf({ cacheDir, maxDiskSizeMb, validate }: ResolvedAdvancedOptions) {
  return maxDiskSizeMb > 0 && cacheDir !== '' ? `${validate}:${cacheDir}` : undefined;
}
