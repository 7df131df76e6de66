// Warnings of the process, for trouble that is not reported elsewhere: in a cache without a logger, or by an
// event without a listener. Each warning has a code, and the process emits at most one for each code in a
// minute.

import { native } from '../native/addon.js';

/** The subject of a warning. docs/errors.md explains each of them. */
export type WarningCode =
  | 'EBBCACHE_DISK'
  | 'EBBCACHE_DISK_DAMAGED'
  | 'EBBCACHE_NO_HOME'
  | 'EBBCACHE_REMOTE'
  | 'EBBCACHE_REMOTE_CLIENT'
  | 'EBBCACHE_MEMORY'
  | 'EBBCACHE_SAMPLE'
  | 'EBBCACHE_MONITOR'
  | 'EBBCACHE_LISTENER'
  | 'EBBCACHE_OPTIONS'
  | 'EBBCACHE_CLOCK';

const INTERVAL_MS = 60_000;

/**
 * Returns false where a warning with the code was emitted in the process less than a minute ago; the next
 * warning says how many were held back.
 */
export function warn(code: WarningCode, message: string): boolean {
  // Each thread counts from a moment of its own.
  const now = performance.timeOrigin + performance.now();
  const heldBack = native.admitWarning(code, now, INTERVAL_MS);
  if (heldBack < 0) return false;
  const more = heldBack > 0 ? ` (Since the last such warning, ${heldBack} more came.)` : '';
  process.emitWarning(`${message}${more}`, { type: 'EbbcacheWarning', code });
  return true;
}
