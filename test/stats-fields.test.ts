import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ArenaCache } from '../lib/index.js';
import type { NativeDiskStats } from '../lib/native/disk.js';
import type { NativeStoreStats } from '../lib/native/store-stats.js';
import { makeTempFolder } from './helpers/temp-folder.js';

// The compiler refuses a record that lacks a name of the interface, or has another one.
const STORE: Record<keyof NativeStoreStats, true> = {
  entries: true,
  payloadBytes: true,
  heldBytes: true,
  budgetBytes: true,
  maxBytes: true,
  maxEntries: true,
  hits: true,
  misses: true,
  puts: true,
  evictions: true,
  evictionsByEntries: true,
  expirations: true,
  pressureEvents: true,
  pressureEvictions: true,
  pressureReductions: true,
  pressureCauses: true,
  rejections: true,
  memoryRefusals: true,
  dictionaries: true,
  dictionaryBytes: true,
  dictionaryTrainings: true,
  undecodableValues: true,
};
const DISK: Record<keyof NativeDiskStats, true> = {
  path: true,
  available: true,
  entries: true,
  bytes: true,
  maxBytes: true,
  hits: true,
  misses: true,
  writes: true,
  evictions: true,
  expirations: true,
  drops: true,
  errors: true,
  pending: true,
};

let dir: string;

beforeEach(() => {
  dir = makeTempFolder();
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('the fields of the statistics of the addon are those that its types name', () => {
  using cache = new ArenaCache({ maxBytes: 1 << 20, disk: { dir, maxBytes: 1 << 20 } });
  // These two are counted in JavaScript.
  const { disk, hotValues, hotValueBytes, ...store } = cache.stats();
  expect([hotValues, hotValueBytes]).toEqual([0, 0]);
  expect(Object.keys(store).sort()).toEqual(Object.keys(STORE).sort());
  expect(Object.keys(disk ?? {}).sort()).toEqual(Object.keys(DISK).sort());
});
