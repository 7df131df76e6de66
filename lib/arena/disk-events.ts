// Reports what happens to a disk tier as events of the cache that has it.

import type { EventEmitter } from 'node:events';
import type { NativeStore } from '../native/store.js';
import { inRootContext } from '../process/root-context.js';
import { type WarningCode, warn } from '../process/warnings.js';
import type { ArenaEvents, DiskEvent } from './arena-events.js';

/**
 * The code of the process warning for each kind of event without a listener; undefined for an event that is
 * not a failure.
 */
export const DISK_WARNINGS: Partial<Record<DiskEvent['kind'], WarningCode>> = {
  trouble: 'EBBCACHE_DISK',
  damaged: 'EBBCACHE_DISK_DAMAGED',
};

/** Emits 'disk' with a DiskEvent. Where there is no listener, trouble and damage are process warnings. */
export function tellDiskEvents(store: NativeStore, emitter: EventEmitter<ArenaEvents>): void {
  inRootContext(() =>
    store.onDiskEvent(({ kind, sentence }) => {
      const event: DiskEvent = { kind, message: sentence };
      const code = DISK_WARNINGS[kind];
      if (emitter.listenerCount('disk') > 0) emitter.emit('disk', event);
      else if (code !== undefined) warn(code, sentence);
    }),
  );
}
