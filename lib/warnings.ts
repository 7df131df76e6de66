// Warnings of the process, for trouble that nobody else is told of: a cache without a logger, an event
// that nobody listens for. Each has a code, and one of each code comes at most once in a minute.

import { native } from './native.js';

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

/** Of one code. */
export interface Warned {
  /** On the monotonic clock, ms. */
  at: number;
  /** Warnings that came too early since, and were not emitted. */
  heldBack: number;
}

const INTERVAL_MS = 60_000;

/** False where one of the code was emitted less than a minute ago; the next one tells how many those were. */
export function warn(code: WarningCode, message: string): boolean {
  // All instances of this package in a thread share them.
  native.kept.warned ??= new Map<string, Warned>();
  const { warned } = native.kept;
  const last = warned.get(code);
  const now = performance.now();
  if (last !== undefined && now - last.at < INTERVAL_MS) {
    last.heldBack++;
    return false;
  }
  warned.set(code, { at: now, heldBack: 0 });
  const more = last?.heldBack ? ` (Since the last such warning, ${last.heldBack} more came.)` : '';
  process.emitWarning(`${message}${more}`, { type: 'EbbcacheWarning', code });
  return true;
}
