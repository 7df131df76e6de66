// Timers, connections and callbacks that belong to no caller are made in the root context. If they were made
// in the context of the first caller, they would keep its AsyncLocalStorage stores for as long as they last,
// and run in it.

import { AsyncResource } from 'node:async_hooks';

/**
 * The symbols under which an AsyncResource keeps its context: one per AsyncLocalStorage, or one for all of
 * them.
 */
const CONTEXT_SYMBOLS = ['kResourceStore', 'async_context_frame'];

const root = rootResource();

/** Calls `make` where no AsyncLocalStorage has a store; callbacks of its result run there too. */
export function inRootContext<T>(make: () => T): T {
  return root.runInAsyncScope(make);
}

/**
 * A module that is imported within a context is evaluated in it, and so would this resource be. Node has no
 * public way out of all contexts, so the context is removed from the resource; where a version of Node keeps
 * it elsewhere, the context of the import stays.
 */
function rootResource(): AsyncResource {
  const resource = new AsyncResource('ebbcache');
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    if (CONTEXT_SYMBOLS.includes(symbol.description ?? '')) {
      Reflect.set(resource, symbol, undefined);
    }
  }
  return resource;
}
