import type { PressureCauses } from './pressure-causes.js';

/** Counters since a store was opened, and what it holds now. */
export interface NativeStoreStats {
  /** Entries in memory, expired ones that have not been noticed yet included. */
  entries: number;
  /** Key and value bytes stored. */
  payloadBytes: number;
  /** All memory held from the OS: never above budgetBytes. */
  heldBytes: number;
  /** The current budget; it is maxBytes when there is no pressure. */
  budgetBytes: number;
  /** The bound that was given, or set by resize. */
  maxBytes: number;
  /** The maximum number of entries; 0 for no bound but bytes. */
  maxEntries: number;
  /** Reads that found a value. */
  hits: number;
  /** Reads that found no value. */
  misses: number;
  /** Values that were stored. */
  puts: number;
  /** Entries that were evicted for others, or by maxEntries, a smaller budget or pressure. */
  evictions: number;
  /** Those of `evictions` that maxEntries caused. */
  evictionsByEntries: number;
  /** Entries that were removed because they had expired. */
  expirations: number;
  /** Times that the level of memory pressure on the store rose, or that one was applied by hand. */
  pressureEvents: number;
  /** Those of `evictions` that pressure caused; each of them belongs to an event. */
  pressureEvictions: number;
  /** Times that pressure lowered the budget or evicted entries. */
  pressureReductions: number;
  /** Which levels the events and evictions came from. */
  pressureCauses: PressureCauses;
  /** Values that were refused because they are too large for the budget. */
  rejections: number;
  /** Requests for memory that the OS refused. */
  memoryRefusals: number;
  /** Dictionaries by which compact values can be read. */
  dictionaries: number;
  /** The memory that they take, which is a part of heldBytes. */
  dictionaryBytes: number;
  /** Dictionaries that were trained from the values that were set. */
  dictionaryTrainings: number;
  /** Reads of compact values that returned nothing, because a dictionary is missing or they are damaged. */
  undecodableValues: number;
}
