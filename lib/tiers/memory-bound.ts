// Which of its two bounds, entries or bytes, a memory tier comes to first.

import type { NativeStoreStats } from '../native/store-stats.js';

/** What evicts from a memory tier that is full. */
export type MemoryBound = 'entries' | 'bytes';

/** The bound that is nearer; bytes where there is no budget. */
export function nearerBound({
  entries,
  maxEntries,
  heldBytes,
  budgetBytes,
}: Pick<NativeStoreStats, 'entries' | 'maxEntries' | 'heldBytes' | 'budgetBytes'>): MemoryBound {
  const isNearer = maxEntries > 0 && entries / maxEntries >= heldBytes / budgetBytes;
  return isNearer ? 'entries' : 'bytes';
}
