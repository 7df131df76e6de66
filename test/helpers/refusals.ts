// Provides what the tests of refused arguments share.

import { expect } from 'vitest';
import type { ArenaCache } from '../../lib/index.js';

/** Matches an error of this class that tells in a sentence what is wrong with an argument. */
export function argumentError(ErrorClass: typeof TypeError | typeof RangeError) {
  return expect.toSatisfy((error) => {
    const { code, message } = error as { code: string; message: string };
    return (
      error instanceof ErrorClass && code === 'ERR_EBBCACHE_ARGUMENT' && /^\w.+\.$/s.test(message)
    );
  });
}

/** Lists a call of each method that takes a key. */
export function callsWithKey(cache: ArenaCache, key: string): (() => unknown)[] {
  return [
    () => cache.get(key),
    () => cache.getBytes(key),
    () => cache.peek(key),
    () => cache.has(key),
    () => cache.set(key, 1),
    () => cache.delete(key),
  ];
}

/** Returns undefined if the call throws nothing. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
