import { optionNames } from '../checks/option-names.js';

/** The options of `fetch` of a cache of metadata. */
export interface FetchOptions {
  /** Which of the file's records to fetch, such as 'quick' or 'full'. Default 'default'. */
  tier?: string;
  /** A caller whose signal aborts stops waiting. Any number of callers may share one signal. */
  signal?: AbortSignal;
  /** Time to live of the extracted record, 0.001 to 1e9. Default: the cache's own. */
  ttlSeconds?: number;
}

export const FETCH_NAMES = optionNames<FetchOptions>('fetch', {
  tier: true,
  signal: true,
  ttlSeconds: true,
});
