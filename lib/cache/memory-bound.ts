// Which of its two bounds, entries or bytes, a memory tier comes to first.

import type { NativeStoreStats } from '../native.js';

/** What evicts from a memory tier that is full. */
export type MemoryBound = 'entries' | 'bytes';

/** The bound that is nearer. */
export function nearerBound({
  entries,
  maxEntries,
  heldBytes,
  budgetBytes,
}: NativeStoreStats): MemoryBound {
  const most = maxEntries || Number.POSITIVE_INFINITY;
  return entries / most >= heldBytes / budgetBytes ? 'entries' : 'bytes';
}
