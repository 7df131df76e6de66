import type { Library } from './beside-lru-cache.js';

/** The same steps on one of the two libraries; what they give is compared. */
export type Scenario = (open: Library['open'], library: Library) => unknown;

/** By what stands in the first cell of the row in docs/lru-cache.md. */
export interface Behaviours {
  same: Record<string, { scenario: Scenario; gives: unknown }>;
  differs: Record<string, { scenario: Scenario; lruGives: unknown; oursGives: unknown }>;
}
