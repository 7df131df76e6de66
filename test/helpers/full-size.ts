/**
 * Returns the size of a test: the first one where EBBCACHE_FULL=1, or else the second, which is enough to take
 * each branch of the tested code.
 */
export function sized(full: number, quick: number): number {
  return process.env.EBBCACHE_FULL === '1' ? full : quick;
}
