// Which of its two bounds, entries or bytes, a memory tier reaches first.

import type { NativeStoreStats } from '../native/store-stats.js';

/** The bound that causes evictions from a full memory tier. */
export type MemoryBound = 'entries' | 'bytes';

/** The nearer bound; bytes where there is no budget. */
export function nearerBound({
  entries,
  maxEntries,
  heldBytes,
  budgetBytes,
}: Pick<NativeStoreStats, 'entries' | 'maxEntries' | 'heldBytes' | 'budgetBytes'>): MemoryBound {
  const isNearer = maxEntries > 0 && entries / maxEntries >= heldBytes / budgetBytes;
  return isNearer ? 'entries' : 'bytes';
}
