import { ClosedError, EbbcacheError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import type { NativeStore, NativeStoreOptions } from '../native/store.js';

/** Throws an EbbcacheError with the reason that the addon gives. */
export function openStore(options: NativeStoreOptions): NativeStore {
  try {
    return new native.Store(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { code } = cause as { code?: string };
    // Only the cause says that the name is open with other options.
    const isOwn = code !== undefined && code !== 'ERR_EBBCACHE_CONFLICT';
    throw new EbbcacheError(isOwn ? code : 'ERR_EBBCACHE_OPEN', reason, { cause });
  }
}

export function closedError(): ClosedError {
  return new ClosedError('The cache is closed. Make a new ArenaCache, or close this one later.');
}
