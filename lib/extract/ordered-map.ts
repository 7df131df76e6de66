/** A call that was started, and whether it has settled; it never rejects. */
interface Pending<T> {
  isSettled: boolean;
  result: Promise<T>;
}

/**
 * Calls `fn` for the items, up to `concurrency` at once, and yields the results in the order of the items.
 * Each result is yielded as soon as it and those before it are available, even while the next item is
 * awaited. It reads at most `concurrency` items ahead of its reader. It throws the signal's reason when the
 * signal aborts, even while it awaits something.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  fn: (item: T) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const iterator = items[Symbol.asyncIterator]();
  const running: Pending<R>[] = [];
  let next: Pending<IteratorResult<T>> | undefined;
  let isAtEnd = false;
  let wake = () => {};
  const start = <V>(result: Promise<V>): Pending<V> => {
    const pending = { isSettled: false, result };
    const settle = () => {
      pending.isSettled = true;
      wake();
    };
    // It is awaited in its turn; if the reader stops before that, its failure is ignored.
    result.then(settle, settle);
    return pending;
  };
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    while (true) {
      signal?.throwIfAborted();
      if (!isAtEnd && running.length < concurrency) next ??= start(iterator.next());
      if (running[0]?.isSettled) {
        yield await running.shift()!.result;
      } else if (next?.isSettled) {
        const { done, value } = await next.result;
        next = undefined;
        if (done) isAtEnd = true;
        else running.push(start(fn(value)));
      } else if (running.length === 0 && next === undefined) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // An iterator whose next item is awaited returns only after it, which may be never.
    const returned = isAtEnd ? undefined : iterator.return?.();
    returned?.catch(() => {});
    if (next === undefined) await returned;
  }
}
