// Loads the addon and types it; everything native in this package goes through here.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { EbbcacheError } from './errors.js';
import type { NativeFlights } from './flights/native-flights.js';
import type { NativeGovernorOptions, NativeGovernorStatus } from './memory/native-governor.js';
import type {
  NativeReadings,
  NativeSampler,
  NativeSamplerOptions,
} from './memory/native-sample.js';
import type { PressureCauses } from './memory/pressure-causes.js';
import type { NativeApi } from './native-api.js';

/** Counters since a store was opened, and what it holds now. */
export interface NativeStoreStats {
  entries: number;
  /** Key and value bytes stored. */
  payloadBytes: number;
  /** All memory held from the OS: never above budgetBytes. */
  heldBytes: number;
  /** What the budget is now; maxBytes when there is no pressure. */
  budgetBytes: number;
  maxBytes: number;
  hits: number;
  misses: number;
  puts: number;
  /** Entries that were evicted: for others, maxEntries, a smaller budget or pressure. */
  evictions: number;
  expirations: number;
  /** Times that the level of memory pressure on the store rose, or that one was applied by hand. */
  pressureEvents: number;
  /** Those of `evictions` that pressure caused. There are none without an event. */
  pressureEvictions: number;
  /** Times that pressure lowered the budget or evicted entries. */
  pressureReductions: number;
  /** Which levels the events and evictions came from. */
  pressureCauses: PressureCauses;
  /** Values too large for the budget, refused. */
  rejections: number;
  /** Requests for memory that the OS refused. */
  memoryRefusals: number;
}

export interface NativeStoreOptions {
  maxBytes: number;
  /** 0 for no bound. */
  maxEntries: number;
  policy: 'lru' | 's3fifo';
  /** ms; 0 for none. */
  ttl: number;
  /** Empty for a store of its own. */
  name: string;
  ebb: boolean;
  minBytes: number;
}

/** An open store. All methods throw once it is closed, but close itself. */
export interface NativeStore {
  /** What the functions on entries know it by, as long as it is open. */
  readonly id: number;
  clear(): void;
  /** Next cursor and some keys; cursor 0 begins and ends. */
  scan(cursor: number): [number, ...string[]];
  resize(maxBytes: number): boolean;
  shrink(bytes: number): number;
  /** Level 1 to 4; bytes given back. */
  applyPressure(level: number): number;
  holdPressure(level: number): number;
  stats(): NativeStoreStats;
  close(): void;
}

/**
 * A lock between processes, on a file that is there for nothing else and that nobody may remove. Two
 * objects of one process exclude each other too. The system takes it back when the process ends,
 * however that comes about; it is closed at the latest when the object is collected or its thread ends.
 */
export interface NativeFileLock {
  /**
   * Whether this holds the exclusive lock now; never waits. Where it held a shared one, that is given up
   * first, also when the answer is no: another may have had the file between the two, and of two that
   * hold it shared and ask for more at once, both may end with none. Throws an Error with the code
   * 'ERR_EBBCACHE_LOCK' where the file system has no locks, and 'ERR_EBBCACHE_CLOSED' after close.
   */
  tryExclusive(): boolean;
  /** The same for a lock that others may share. */
  tryShared(): boolean;
  /** Gives the lock up. May be called again. */
  close(): void;
}

/** What the functions on entries return in place of their results. */
export const Outcome = {
  miss: -1,
  badKey: -2,
  closed: -3,
  badArguments: -4,
  /** The path has no state, and the reason is in the state buffer. */
  noState: -5,
} as const;

/** Bytes of the value, copied to the read buffer if that is large enough, or a miss. */
export type NativeRead = (id: number, key: string) => number;

/** In place of the length of a value that is not there, in what getMany copies and setMany reads. */
export const NO_VALUE = 0xffffffff;

/** Keys that one call of getMany or setMany takes; those beyond are left out. */
export const MOST_KEYS = 64;

/** Bytes of the state of a file, and of the buffer for it. */
export const STATE_BYTES = 32;

/** What the state buffer begins with when a path has no state, and where the reason is then. */
export const NO_STATE_KIND = 0;
export const NO_STATE_AT = 1;

/** The reasons, by number: what is to be said of the path. */
export const NO_STATE_REASONS = [
  'has a state',
  'is a folder',
  'is a device, a FIFO or a socket',
  'is a loop of symbolic links',
  'may not be looked at',
  'is too long',
  'contains a NUL',
  'is not there, and was not valid UTF-8 when it was read',
  'cannot be looked at',
] as const;

interface NativeAddon extends NativeFlights {
  Store: new (options: NativeStoreOptions) => NativeStore;
  /**
   * Opens the file, or makes it for this user alone. Throws an Error with the code 'ERR_EBBCACHE_LOCK'
   * and the system's reason when that fails, or when the path is not that of a plain file.
   */
  FileLock: new (
    path: string,
  ) => NativeFileLock;
  /**
   * Writes the checksum of the bytes from `start` to before `end` to the 8 bytes from `at` on, which
   * must not be among them. False, and nothing read or written, for what is not within `bytes`.
   */
  writeChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  /** Whether what writeChecksum would write is there; false for what is not within `bytes`. */
  hasChecksum(bytes: Uint8Array, start: number, end: number, at: number): boolean;
  get: NativeRead;
  /** As get, counted neither as hit nor as use. */
  peek: NativeRead;
  /** 1 or 0. */
  has(id: number, key: string): number;
  /** 1 when it was there, else 0. */
  delete(id: number, key: string): number;
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
  /** Throws a RangeError that says which option is not in range, or does not go with another. */
  configureGovernor(options: NativeGovernorOptions): void;
  governorStatus(): NativeGovernorStatus;
  createSampler(options: NativeSamplerOptions, readings: NativeReadings): NativeSampler;
  nativeApi(): NativeApi;
  limits: { minBytes: number; maxBytes: number; maxKeyBytes: number };
}

/** For an outcome that nothing which was passed explains. */
export function outcomeError(outcome: number): EbbcacheError {
  return new EbbcacheError(
    'ERR_EBBCACHE_ADDON',
    `The native addon gave ${outcome}, as one of another version may. Install the package anew.`,
  );
}

function loadAddon(): NativeAddon {
  const packageRoot = fileURLToPath(new URL('..', import.meta.url));
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
  // The folders that it may not look into are empty to what looks for the addon.
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
