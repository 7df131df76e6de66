// Warnings of the process, for trouble that nobody else is told of: a cache without a logger, an event
// that nobody listens for. Each has a code, and of each code the process gets one in a minute at most.

import { native } from '../native/addon.js';

/** What a warning is about. docs/errors.md says what each of them means. */
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
 * False where one of the code was emitted in the process less than a minute ago; the next one tells how many
 * those were.
 */
export function warn(code: WarningCode, message: string): boolean {
  // Threads count from moments of their own.
  const now = performance.timeOrigin + performance.now();
  const heldBack = native.admitWarning(code, now, INTERVAL_MS);
  if (heldBack < 0) return false;
  const more = heldBack > 0 ? ` (Since the last such warning, ${heldBack} more came.)` : '';
  process.emitWarning(`${message}${more}`, { type: 'EbbcacheWarning', code });
  return true;
}
