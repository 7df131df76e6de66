/**
 * A size of a test: the first one where EBBCACHE_FULL=1, or else the second, which is enough for each branch of
 * what is tested to be taken.
 */
export function sized(full: number, quick: number): number {
  return process.env.EBBCACHE_FULL === '1' ? full : quick;
}
