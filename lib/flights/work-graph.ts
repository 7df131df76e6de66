// Records which work waits for which, in this thread: work that comes to wait for itself would never end.
//
//     loader of a -- fetch --> loader of b -- fetch --> a: a waits for b, so b must not wait for a
//
// The asynchronous context shows in which work a fetch is called.

import { AsyncLocalStorage } from 'node:async_hooks';
import { CircularFetchError } from './circular-fetch-error.js';

/**
 * One piece of work. It refers only to the key, because what a loader leaves behind, such as a timer, keeps
 * its context.
 */
export interface WorkNode {
  /** The key of its result, for a message. */
  readonly key: string;
  /**
   * The name of a flight of the process, in which several caches of a thread may have waiters; undefined
   * without one.
   */
  readonly flightName: string | undefined;
  /** The other work that waits for it, once for each of its calls. */
  readonly waits: Set<Wait>;
  /** Whether another cache or thread of the process makes its result. */
  follows: boolean;
  isOver: boolean;
}

interface Wait {
  readonly by: WorkNode;
}

const current = new AsyncLocalStorage<WorkNode>();
/** The number of pieces of work in progress. */
let running = 0;

/** The node of new work. The caller MUST call `endWork` for it once. */
export function beginWork(key: string, flightName: string | undefined): WorkNode {
  running++;
  return { key, flightName, waits: new Set(), follows: false, isOver: false };
}

export function endWork(node: WorkNode): void {
  node.isOver = true;
  // Node does more for each promise while there is a store to carry, and no work is in progress now.
  if (--running === 0) current.disable();
}

/** Calls `work` so that a fetch in it is known to be called there. */
export function runAs<T>(node: WorkNode, work: () => T): T {
  return current.run(node, work);
}

/** The work that this is called in, if it is still in progress. */
export function currentWork(): WorkNode | undefined {
  if (running === 0) return undefined;
  const node = current.getStore();
  return node?.isOver ? undefined : node;
}

/**
 * Records that `by` waits for `node`, until the returned function is called. Throws a CircularFetchError
 * where that would be a wait for itself.
 */
export function beginWait(by: WorkNode, node: WorkNode): () => void {
  const way = wayTo(by, node, new Set());
  if (way !== undefined) throw new CircularFetchError([...way, node].map(({ key }) => key));
  const wait = { by };
  node.waits.add(wait);
  return () => node.waits.delete(wait);
}

/** The path from `node` to `by`, where `node` waits for `by`: each waits for the next one. */
function wayTo(by: WorkNode, node: WorkNode, seen: Set<WorkNode>): WorkNode[] | undefined {
  if (by.isOver || seen.has(by)) return undefined;
  seen.add(by);
  if (isSame(node, by)) return [by];
  for (const wait of by.waits) {
    const way = wayTo(wait.by, node, seen);
    if (way !== undefined) return [...way, by];
  }
  return undefined;
}

/** Two caches of a thread may have one flight of the process: one of them makes what the other follows. */
function isSame(node: WorkNode, running: WorkNode): boolean {
  if (node === running) return true;
  return node.follows && node.flightName !== undefined && node.flightName === running.flightName;
}
