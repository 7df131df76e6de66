// Loads the addon and types it; everything native in this package is called through this file.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EbbcacheError } from '../errors/errors.js';
import type { NativeDiskSummary } from './disk.js';
import type { NativeFlights } from './flights.js';
import type { NativeGovernorOptions, NativeGovernorStatus } from './governor.js';
import type { NativeRead } from './outcomes.js';
import type { NativeReadings, NativeSampler, NativeSamplerOptions } from './sampler.js';
import type { NativeStore, NativeStoreOptions } from './store.js';

declare const brand: unique symbol;

/** An opaque value for native code, which unpacks it with `ebbcache_node.h`. */
export interface NativeApi {
  readonly [brand]: true;
}

interface NativeAddon extends NativeFlights {
  Store: new (options: NativeStoreOptions) => NativeStore;
  /**
   * Writes the checksum of the bytes from `start` to before `end` to the 8 bytes from `at` on, which MUST NOT
   * be among them. Returns false, with nothing read or written, for a range that is not within `bytes`.
   */
  writeChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  /**
   * Whether the checksum that writeChecksum would write is there; false for a range that is not within
   * `bytes`.
   */
  hasChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  /** A compact value has numbers in place of names, see lib/codec/decoder.ts. */
  get: NativeRead;
  /**
   * Does what `get` does, or returns Outcome.unchanged, or unchangedOnDisk, for a value that has the fingerprint
   * in `knownBuffer`, where it leaves that of the value.
   */
  getUnlessKnown: NativeRead;
  /** Does what `get` does, but counts neither a hit nor a use. */
  peek: NativeRead;
  /** Does what `get` does, but copies the bytes that were set. */
  getBytes: NativeRead;
  /** Does what `peek` does, but copies the bytes that were set. */
  peekBytes: NativeRead;
  /**
   * Leaves of the value from `start` to before `end`, which the latest read of the store has left in `bytes`,
   * only the fields that `paths` match: see fieldPathsOf. Returns the end of what is left, or an outcome
   * where the bytes are no value, or need a dictionary that is not there; then they are unchanged.
   */
  selectFields(id: number, bytes: Uint8Array, start: number, end: number, paths: string): number;
  /**
   * Makes the JSON of the value that the latest read of the store has left in `bytes` from `start` to before
   * `end`, as JSON.stringify makes it of the decoded value, and copies it to `out` from `at` on where it fits.
   * Returns the number of its bytes, or an outcome for a value of which native code does not know that.
   */
  writeJson(
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    out: Uint8Array,
    at: number,
  ): number;
  /**
   * Copies the JSON for which the latest call of writeJson had no room to the start of `out`, once. Returns 0,
   * or an outcome where `out` has no room for it either.
   */
  takeJson(out: Uint8Array): number;
  /** 1 or 0. */
  has(id: number, key: string): number;
  /** Returns 1 when it removed an entry, else 0. */
  delete(id: number, key: string): number;
  /** Returns ms, Infinity without a time to live, or a miss. */
  remainingTtl(id: number, key: string): number;
  /**
   * Stores so many bytes of the write buffer. Returns 0 for stored, 1 for too large for the budget, 2 for
   * refused for lack of memory. Time to live and cost are in ms, 0 for none.
   */
  set(id: number, key: string, bytes: number, ttl?: number, cost?: number): number;
  /** Does the same with the bytes of a Uint8Array, as many as the engine says that it has. */
  setBytes(id: number, key: string, bytes: Uint8Array, ttl?: number, cost?: number): number;
  /** Counts a value among those that could not be decoded. */
  noteUndecodable(id: number): number;
  /**
   * The number of bytes of a value above which set refuses every value, with the current budget of the store.
   */
  largestValue(id: number): number;
  /** Counts a larger value, which was not encoded, as refused; returns what set would return. */
  refuse(id: number, key: string): number;
  /**
   * Copies values one after the other to the read buffer, each behind its length or NO_VALUE (32 bits,
   * little-endian). Returns the number of keys whose values fit.
   */
  getMany(id: number, ...keys: string[]): number;
  /**
   * Stores values that lie one after the other in the write buffer from `start` on, each behind its length
   * and room for the outcome of set (32 bits each, little-endian); returns their end. A length of NO_VALUE
   * has no bytes, and counts a value as refused as `refuse` does.
   */
  setMany(id: number, start: number, ttl: number, cost: number, ...keys: string[]): number;
  /**
   * Reads the state of a file and leaves it in the state buffer. Returns 0, or Outcome.noState with the
   * reason there in its place. native/files/file_state.h draws the state.
   */
  fileState(path: string): number;
  /**
   * Reads as get does, but a record that begins with the state in the state buffer. A record of another state
   * is removed, and is a miss.
   */
  getOfState: NativeRead;
  /** Does both in one call: it reads a record of the state that the file at the path has now. */
  lookUpFile(id: number, key: string, path: string): number;
  /** Does to getOfState what getUnlessKnown does to get. */
  getOfStateUnlessKnown: NativeRead;
  /** Does to lookUpFile what getUnlessKnown does to get. */
  lookUpFileUnlessKnown(id: number, key: string, path: string): number;
  // Instances of this package that share an environment, such as those of a bundler or of a test runner that
  // isolates modules, share all of these.

  /** The buffer for the states of files, STATE_BYTES long. */
  readonly stateBuffer: Buffer;
  /** The buffer that reads copy to. */
  readonly readBuffer: Buffer;
  /**
   * What getUnlessKnown is told, and tells, of a value: native/addon/environment.h draws it. The fingerprint
   * is not 0; `pressed` is 1 where memory pressure holds the budget of the store down.
   */
  readonly knownBuffer: Buffer;
  /**
   * Makes reads copy to other bytes, until it is called without any. The caller MUST call it without bytes
   * before any other read, and MUST neither detach nor resize them while they are in use.
   */
  setReadBuffer(bytes?: Uint8Array): void;
  /** Makes writes copy from these bytes from now on. The same conditions apply. */
  setWriteBuffer(bytes: Uint8Array): void;
  /** `write` is the latest argument of setWriteBuffer. */
  readonly kept: { readonly write: Uint8Array | undefined };
  /**
   * The number of warnings of the kind that were held back in this process before this one; -1 where this one
   * is held back too, because the previous one was admitted less than `interval` before `now`, both in ms.
   */
  admitWarning(kind: string, now: number, interval: number): number;
  /** Admits the next warning of each kind. It is for tests. */
  forgetWarnings(): void;
  /** Throws a RangeError that names an option that is not in range, or that contradicts another one. */
  configureGovernor(options: NativeGovernorOptions): void;
  governorStatus(): NativeGovernorStatus;
  createSampler(options: NativeSamplerOptions, readings: NativeReadings): NativeSampler;
  nativeApi(): NativeApi;
  /**
   * The contents of a folder that exists, or of the private one that a disk tier makes in a folder which
   * others may write to, even while others use it; undefined where there is no disk tier that can be read.
   */
  diskSummary(dir: string): NativeDiskSummary | undefined;
  /** Checks the ring in the folder for tests. Returns the first fault as a sentence, or an empty text. */
  diskIntegrity(dir: string): string;
  limits: {
    minBytes: number;
    maxBytes: number;
    maxKeyBytes: number;
    minDiskBytes: number;
    maxDiskBytes: number;
    /** The number of bytes that countChanges takes. */
    changeBytes: number;
  };
}

function loadAddon(): NativeAddon {
  const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
  try {
    // It is required here, because under the permission model an import at the top of the file may fail.
    const load = createRequire(import.meta.url)('node-gyp-build') as (folder: string) => unknown;
    return load(packageRoot) as NativeAddon;
  } catch (cause) {
    throw new EbbcacheError('ERR_EBBCACHE_ADDON', whyNoAddon(cause, packageRoot), { cause });
  }
}

function whyNoAddon(cause: unknown, packageRoot: string): string {
  const { code, resource } = Object(cause) as { code?: unknown; resource?: unknown };
  if (code === 'ERR_DLOPEN_DISABLED') {
    return (
      'This process may not load native addons, and ebbcache has one. Start Node without --no-addons, ' +
      'and where the permission model is on with --allow-addons. NODE_OPTIONS and the execArgv of a ' +
      'Worker may have these options too.'
    );
  }
  // A folder that the process may not read appears empty to the search for the addon.
  const isHidden = process.permission?.has('fs.read', packageRoot) === false;
  if (code === 'ERR_ACCESS_DENIED' || isHidden) {
    const denied = typeof resource === 'string' ? resource : packageRoot;
    return (
      `The permission model does not let ebbcache read '${denied}', which it needs to load its native ` +
      `addon. Start Node with --allow-fs-read for it and for '${packageRoot}', and with --allow-addons.`
    );
  }
  return (
    `There is no native addon of ebbcache for ${process.platform} ${process.arch}. Use a platform ` +
    "that it is published for, or build it in a checkout with 'npm run build'."
  );
}

export const native: NativeAddon = loadAddon();
