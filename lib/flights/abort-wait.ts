// A caller's signal has one listener, however many of its calls wait: with one listener for each call, Node
// would warn of a leak from the eleventh on, and only the owner of the signal should raise that limit.

/**
 * The functions to call when a signal aborts. Signals without waiting calls have no entry, and no listener.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Settles as the result does, or rejects with the signal's reason when the signal aborts first. It rejects at
 * once for a signal that has aborted already.
 */
export async function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stopWaiting = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopWaiting = () => reject(signal.reason);
  });
  join(signal, stopWaiting);
  try {
    return await Promise.race([result, aborted]);
  } finally {
    leave(signal, stopWaiting);
  }
}

function join(signal: AbortSignal, stop: () => void): void {
  const stops = waiting.get(signal);
  if (stops !== undefined) {
    stops.add(stop);
    return;
  }
  waiting.set(signal, new Set([stop]));
  signal.addEventListener('abort', stopAll);
}

function leave(signal: AbortSignal, stop: () => void): void {
  const stops = waiting.get(signal);
  if (stops?.delete(stop) !== true || stops.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', stopAll);
}

function stopAll(this: AbortSignal): void {
  for (const stop of waiting.get(this) ?? []) stop();
}
