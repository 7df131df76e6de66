// Loads the addon and types it; everything native in this package goes through here.

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

/** Opaque: for the native code that it is passed to, which unpacks it with `ebbcache_node.h`. */
export interface NativeApi {
  readonly [brand]: true;
}

interface NativeAddon extends NativeFlights {
  Store: new (options: NativeStoreOptions) => NativeStore;
  /**
   * Writes the checksum of the bytes from `start` to before `end` to the 8 bytes from `at` on, which
   * must not be among them. False, and nothing read or written, for what is not within `bytes`.
   */
  writeChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  /** Whether what writeChecksum would write is there; false for what is not within `bytes`. */
  hasChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  get: NativeRead;
  /** Does what `get` does, and counts neither a hit nor a use. */
  peek: NativeRead;
  /** 1 or 0. */
  has(id: number, key: string): number;
  /** 1 when it was there, else 0. */
  delete(id: number, key: string): number;
  /** ms, Infinity without a time to live, or a miss. */
  remainingTtl(id: number, key: string): number;
  /**
   * Stores so many bytes of the write buffer: 0 stored, 1 too large for the budget, 2 refused for
   * lack of memory. Time to live and cost in ms, 0 for none.
   */
  set(id: number, key: string, bytes: number, ttl?: number, cost?: number): number;
  /** The same, of the bytes of a Uint8Array, as many as the engine says that it has. */
  setBytes(id: number, key: string, bytes: Uint8Array, ttl?: number, cost?: number): number;
  /** Bytes of a value above which set refuses every one, with the budget that the store has now. */
  largestValue(id: number): number;
  /** Counts a value as refused that is larger, and that nobody made; what set would return. */
  refuse(id: number, key: string): number;
  /**
   * Copies values one after the other to the read buffer, each behind its length or NO_VALUE (32
   * bits, little-endian), and returns of how many keys: of as many as fit.
   */
  getMany(id: number, ...keys: string[]): number;
  /**
   * Stores values that lie one after the other in the write buffer from `start` on, each behind its
   * length and room for the outcome of set (32 bits each, little-endian); returns where they end. With
   * NO_VALUE for a length there are no bytes, and it does what refuse does.
   */
  setMany(id: number, start: number, ttl: number, cost: number, ...keys: string[]): number;
  /**
   * Looks at a file and leaves its state in the state buffer: 0, or Outcome.noState with the reason
   * there in its place. native/files/file_state.h draws the state.
   */
  fileState(path: string): number;
  /**
   * As get, of a record that begins with the state in the state buffer. One of another state is
   * removed, and a miss; it counts as one.
   */
  getOfState: NativeRead;
  /** Both of them in one call: a record of the state that the file at the path has now. */
  lookUpFile(id: number, key: string, path: string): number;
  // Instances of this package that share an environment, such as those of a bundler or of a test runner
  // that isolates modules, share all of these.

  /** Where states of files are left, STATE_BYTES. */
  readonly stateBuffer: Buffer;
  /** Where reads copy to. */
  readonly readBuffer: Buffer;
  /**
   * Has reads copy to other bytes, until it is called with none: before anything else that may read.
   * They must be neither detached nor resized while they are in use.
   */
  setReadBuffer(bytes?: Uint8Array): void;
  /** Where writes copy from, from now on. The same holds. */
  setWriteBuffer(bytes: Uint8Array): void;
  /** In `write`, what setWriteBuffer was called with last. */
  readonly kept: { readonly write: Uint8Array | undefined };
  /**
   * How many warnings of the kind were held back in this process before this one; -1 where this one is too,
   * because the last was admitted less than `interval` before `now`, both in ms.
   */
  admitWarning(kind: string, now: number, interval: number): number;
  /** Admits the next warning of each kind. For tests. */
  forgetWarnings(): void;
  /** Throws a RangeError that says which option is not in range, or does not go with another. */
  configureGovernor(options: NativeGovernorOptions): void;
  governorStatus(): NativeGovernorStatus;
  createSampler(options: NativeSamplerOptions, readings: NativeReadings): NativeSampler;
  nativeApi(): NativeApi;
  /**
   * What is in a folder that is there, or in the private one that a disk tier makes in a folder which others
   * may write to, also while others use it; undefined where there is no disk tier that can be read.
   */
  diskSummary(dir: string): NativeDiskSummary | undefined;
  /** Checks the ring in the folder for tests: the first fault as a sentence, empty where there is none. */
  diskIntegrity(dir: string): string;
  limits: {
    minBytes: number;
    maxBytes: number;
    maxKeyBytes: number;
    minDiskBytes: number;
    maxDiskBytes: number;
  };
}

function loadAddon(): NativeAddon {
  const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
  try {
    // It is required here, because under the permission model an import at the head may fail.
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
  // Folders that it may not read are empty to what searches for the addon.
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
