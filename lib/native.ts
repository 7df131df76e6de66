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
  /** Entries at most; 0 for no bound but bytes. */
  maxEntries: number;
  hits: number;
  misses: number;
  puts: number;
  /** Entries that were evicted: for others, maxEntries, a smaller budget or pressure. */
  evictions: number;
  /** Those of `evictions` that maxEntries caused. */
  evictionsByEntries: number;
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

/** What a disk tier counts and holds. */
export interface NativeDiskStats {
  /** The folder in use: that of the options, or a private one in it. */
  path: string;
  /** Whether its file can be read now, or is being opened and no trouble is known. */
  available: boolean;
  /** Entries in the file, of all who share it. */
  entries: number;
  /** The size of the file. */
  bytes: number;
  maxBytes: number;
  hits: number;
  misses: number;
  writes: number;
  /** Entries that this process evicted. */
  evictions: number;
  expirations: number;
  /** Values that were not written: too many waited, they are too large, or the disk took none. */
  drops: number;
  /** Reads and writes that failed, and entries that were not what was written. */
  errors: number;
  /** What waits to be written. */
  pending: number;
}

export interface NativeDiskOptions {
  /** Absolute. */
  dir: string;
  maxBytes: number;
  coherent: boolean;
  /** What the file holds; that of records has all keys of one place, which a NUL ends, together. */
  kind: 'values' | 'records';
}

/** What the file of a disk tier says of itself. */
export interface NativeDiskSummary {
  /** Whether it is that of a cache of metadata, or of an ArenaCache. */
  kind: 'records' | 'values';
  entries: number;
  /** The file's size. */
  bytes: number;
  /** Its bound. */
  maxBytes: number;
  /** As KeptCounters adds them up; those of values count nothing. */
  counters: number[];
}

/** What acquireLease returns. */
export const Lease = {
  held: 0,
  /** Somebody else has it, in this process or another. */
  busy: 1,
  /** There are no leases to be had: everybody goes on without. */
  unavailable: 2,
} as const;

/** What happened to a disk tier. */
export interface NativeDiskNews {
  /**
   * 'trouble' is told once, until 'recovered'; 'damaged' says that something was not what was written,
   * and was removed; 'removedEarlier' that the files of an earlier version were.
   */
  kind: 'trouble' | 'recovered' | 'damaged' | 'removedEarlier';
  /** It says what happened, and what to do. */
  sentence: string;
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
  /** Whether the disk tier's folder is part of the name. */
  namedByFolder?: boolean;
  ebb: boolean;
  minBytes: number;
  disk: NativeDiskOptions | undefined;
  adopts?: AdoptedSizes | undefined;
}

/** Sizes that nobody has asked for: where the name is open already, they are as the store has them. */
export interface AdoptedSizes {
  maxBytes: boolean;
  maxEntries: boolean;
  diskBytes: boolean;
}

/** An open store. All methods throw once it is closed, but close itself. */
export interface NativeStore {
  /** What the functions on entries know it by, as long as it is open. */
  readonly id: number;
  clear(): void;
  /** Next cursor and some keys; cursor 0 begins and ends. */
  scan(cursor: number): [number, ...string[]];
  resize(maxBytes: number): boolean;
  /** 0 for no bound. */
  setMaxEntries(maxEntries: number): void;
  shrink(bytes: number): number;
  /** Level 1 to 4; bytes given back. */
  applyPressure(level: number): number;
  holdPressure(level: number): number;
  stats(): NativeStoreStats;
  /** Evictions since anyone in the process asked, and those of them that maxEntries caused. */
  takeNewEvictions(): [number, number];
  /**
   * Has all times to live, in memory and on disk, follow this time, ms since the epoch, which stands still
   * until the next call; with none, the store's own again, as after close. It counts for all who share the
   * store or its disk tier.
   */
  setTime(ms?: number): void;
  /** Forgets at once all entries in memory that have expired. */
  forgetExpired(): void;
  /**
   * Calls `told`, and no other that was given earlier, with batches of what leaves memory from now on:
   * keys, each before the number of its reason, and how many more were lost after them. Left out, nobody
   * is told any more. It does not keep the event loop alive.
   */
  onRemovals(told?: (removals: readonly (string | number)[], lost: number) => void): void;
  close(): void;

  // What follows is for a store that has a disk tier.

  /**
   * Whether all that was put is on the disk itself; false where something was dropped since the last one.
   * Keeps the event loop alive until then. Never settles once the environment has ended.
   */
  flush(): Promise<boolean>;
  /** Waits until what was put is written or dropped, or for so long, ms; false then. */
  settleDisk(ms: number): boolean;
  /**
   * Calls `told`, and no other that was given earlier, with what happens to the disk tier, and with what
   * has happened and still matters. It does not keep the event loop alive.
   */
  onDiskEvent(told: (event: NativeDiskNews) => void): void;
  diskStats(): NativeDiskStats;
  /** Throws a RangeError for what no tier can have. */
  resizeDisk(maxBytes: number): void;
  /** Adds to the counters that are kept in the file, up to 16. */
  addToDiskCounters(deltas: readonly number[]): void;
  /** The keys of the place, of a tier of records. */
  keysOfPlace(place: string): string[];
  /**
   * A lease on making the value of the key, among all processes that use the folder: a Lease. Whoever
   * holds one must release it; close does that too, and so does the end of the process.
   */
  acquireLease(key: string): number;
  /** Once all that was put before is written or dropped. Nothing for a lease that it does not hold. */
  releaseLease(key: string): void;
  /** The counters in the file. */
  diskCounters(): number[];
}

/** What the functions on entries return in place of their results. */
export const Outcome = {
  miss: -1,
  badKey: -2,
  closed: -3,
  badArguments: -4,
  /** The path has no state, and the reason is in the state buffer. */
  noState: -5,
  /**
   * What get, getOfState and lookUpFile found on disk, and not in memory: this less the bytes of the
   * value, also where the read buffer is too small for it. See bytesIn.
   */
  fromDisk: -16,
} as const;

/** The bytes of what was found; as it is, any other outcome. */
export function bytesIn(outcome: number): number {
  return outcome <= Outcome.fromDisk ? Outcome.fromDisk - outcome : outcome;
}

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
