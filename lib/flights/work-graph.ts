// Which work waits for which, in this thread: work that comes to wait for itself would never end.
//
//     loader of a -- fetch --> loader of b -- fetch --> a: a waits for b, so b must not wait for a
//
// Work knows by its asynchronous context in which other work a fetch is called.

import { AsyncLocalStorage } from 'node:async_hooks';
import { CircularFetchError } from './circular-fetch-error.js';

/**
 * One piece of work. It holds nothing of it but the key: what a loader leaves behind, such as a timer,
 * keeps its context.
 */
export interface WorkNode {
  /** What it makes, for a message. */
  readonly key: string;
  /** It names a flight of the process, which several caches of a thread may have waiters in; else undefined. */
  readonly flightName: string | undefined;
  /** The other work that waits for it, once for each of its calls. */
  readonly waits: Set<Wait>;
  /** Whether what it makes is made elsewhere in the process. */
  follows: boolean;
  isOver: boolean;
}

interface Wait {
  readonly by: WorkNode;
}

const current = new AsyncLocalStorage<WorkNode>();
/** Pieces of work that are under way. */
let running = 0;

/** The node of new work; `endWork` must be called for it, once. */
export function beginWork(key: string, flightName: string | undefined): WorkNode {
  running++;
  return { key, flightName, waits: new Set(), follows: false, isOver: false };
}

export function endWork(node: WorkNode): void {
  node.isOver = true;
  // Node does more for each promise while there is a store to carry, and what ran is over.
  if (--running === 0) current.disable();
}

/** Calls `work` so that a fetch in it is known to be called there. */
export function runAs<T>(node: WorkNode, work: () => T): T {
  return current.run(node, work);
}

/** The work that this is called in, if that is still under way. */
export function currentWork(): WorkNode | undefined {
  if (running === 0) return undefined;
  const node = current.getStore();
  return node?.isOver ? undefined : node;
}

/**
 * Notes that `by` waits for `node`, until the function that it returns is called. Throws a
 * CircularFetchError where that would be a wait for itself.
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
