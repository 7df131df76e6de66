// What is done when the process, or the worker, ends without a close: counters are saved, then what waits is
// written. All caches share one listener, so that many caches are not mistaken for a leak of listeners.

import type { NativeStore } from '../native/store.js';

/** How long the end of the process may wait for the disk, ms, for all stores together. */
const EXIT_MS = 1000;

const saves = new Set<() => void>();
const stores = new Set<NativeStore>();
const finish = () => {
  for (const save of saves) save();
  const until = performance.now() + EXIT_MS;
  for (const store of stores) store.settleDisk(Math.max(0, Math.ceil(until - performance.now())));
};

/** `save` is called before what waits for the disk is written. */
export function saveAtExit(save: () => void): void {
  saves.add(save);
}

export function flushAtExit(store: NativeStore): void {
  if (stores.size === 0) process.on('exit', finish);
  stores.add(store);
}

export function forgetSaveAtExit(save: () => void): void {
  saves.delete(save);
}

export function forgetAtExit(store: NativeStore): void {
  if (stores.delete(store) && stores.size === 0) process.off('exit', finish);
}
