// What a disk tier tells, as events of the cache that has it.

import type { EventEmitter } from 'node:events';
import type { NativeDiskNews, NativeStore } from '../native.js';
import { inRootContext } from '../root-context.js';
import { type WarningCode, warn } from '../warnings.js';
import type { ArenaEvents } from './arena-events.js';

/** What happened to a disk tier. */
export interface DiskEvent {
  /**
   * 'trouble' is told once, until 'recovered'; 'damaged' says that something was not what was written,
   * and was removed; 'removedEarlier' that the files of an earlier version were.
   */
  kind: NativeDiskNews['kind'];
  /** A sentence that says what happened, and what to do. */
  message: string;
}

/** The code of the warning that an event is where nobody else is told; none for what is no trouble. */
export const DISK_WARNINGS: Partial<Record<DiskEvent['kind'], WarningCode>> = {
  trouble: 'EBBCACHE_DISK',
  damaged: 'EBBCACHE_DISK_DAMAGED',
};

/** Emits 'disk' with a DiskEvent; trouble or damage that nobody listens for is a warning of the process. */
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
