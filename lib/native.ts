// Loads the addon and types it; everything native in this package goes through here.

import { fileURLToPath } from 'node:url';
import load from 'node-gyp-build';
import { EbbcacheError } from './errors.js';
import type { NativeSampler, NativeSamplerOptions } from './memory/native-sample.js';
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
  /** Entries that gave way: to others, to maxEntries, to a smaller budget, to pressure. */
  evictions: number;
  expirations: number;
  /** Those of `evictions` that gave way to pressure. */
  pressureEvictions: number;
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
  /** Bytes of the value, copied to the read buffer if that is large enough; -1 for a miss. */
  get(key: string): number;
  /** The same, counted neither as hit nor as use. */
  peek(key: string): number;
  has(key: string): boolean;
  /** 0 stored, 1 too large for the budget, 2 refused for lack of memory. */
  set(
    key: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    ttl: number,
    cost: number,
  ): 0 | 1 | 2;
  delete(key: string): boolean;
  clear(): void;
  /** Next cursor and some keys; cursor 0 begins and ends. */
  scan(cursor: number): [number, ...string[]];
  resize(maxBytes: number): boolean;
  shrink(bytes: number): number;
  stats(): NativeStoreStats;
  close(): void;
}

interface NativeAddon {
  Store: new (options: NativeStoreOptions) => NativeStore;
  Sampler: new (options: NativeSamplerOptions) => NativeSampler;
  /** Where this environment's reads copy to. */
  setReadBuffer(bytes: Uint8Array): void;
  nativeApi(): NativeApi;
  limits: { minBytes: number; maxBytes: number; maxKeyBytes: number };
}

function loadAddon(): NativeAddon {
  const packageRoot = fileURLToPath(new URL('..', import.meta.url));
  try {
    return load(packageRoot) as NativeAddon;
  } catch (cause) {
    throw new EbbcacheError(
      'ERR_EBBCACHE_ADDON',
      `There is no native addon of ebbcache for ${process.platform} ${process.arch}. Use a platform ` +
        "that it is published for, or build it in a checkout with 'npm run build'.",
      { cause },
    );
  }
}

export const native: NativeAddon = loadAddon();
