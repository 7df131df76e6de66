import type { Library } from './beside-lru-cache.js';

/** A scenario takes the same steps with either library, and what it gives is compared. */
export type Scenario = (open: Library['open'], library: Library) => unknown;

/** The names are the first cells of the rows of docs/lru-cache.md. */
export interface Behaviours {
  same: Record<string, { scenario: Scenario; gives: unknown }>;
  differs: Record<string, { scenario: Scenario; lruGives: unknown; oursGives: unknown }>;
}
