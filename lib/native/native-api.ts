// The parts by which native addons use stores from their own threads: the table of the C interface at run
// time, and the folder of its headers at build time.

import { fileURLToPath } from 'node:url';
import { EbbcacheError } from '../errors/errors.js';
import { type NativeApi, native } from './addon.js';

/**
 * Returns the C interface of `ebbcache.h`, for another native addon of this process. It may be passed on
 * within the thread that requested it. The native library stays loaded from then on, and the addon's threads
 * may use the stores they have opened after this thread has ended.
 *
 * Throws an EbbcacheError with the code 'ERR_EBBCACHE_ADDON' when the OS does not allow the library to stay
 * loaded.
 */
export function nativeApi(): NativeApi {
  try {
    return native.nativeApi();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EbbcacheError('ERR_EBBCACHE_ADDON', reason, { cause });
  }
}

/** The folder of `ebbcache.h` and `ebbcache_node.h`, as an absolute path. */
export const includeDir: string = fileURLToPath(new URL('../../native/include', import.meta.url));
