import { onTestFailed } from 'vitest';

/** This is the module of `seededRandom`, for scripts that run in processes and threads of their own. */
export const seededRandomUrl = new URL('./seeded-random.mjs', import.meta.url).href;

/**
 * The seed of a test's random choices: EBBCACHE_TEST_SEED, or else the default, or else another one in each
 * run. It is printed if the test fails. It MUST be called by a test.
 */
export function testSeed(defaultSeed = Date.now() % 1_000_000): number {
  const seed = Number(process.env.EBBCACHE_TEST_SEED ?? defaultSeed);
  onTestFailed(() => console.log(`To repeat the random choices: EBBCACHE_TEST_SEED=${seed}`));
  return seed;
}
