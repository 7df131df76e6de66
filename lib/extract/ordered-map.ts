/**
 * Calls `fn` for the items, up to `concurrency` at once, and yields the results in the order of the
 * items. Takes no more items than that ahead of its reader.
 */
export async function* orderedMap<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  fn: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const result = fn(item);
    // It is awaited in its turn; if the reader stops before that, its failure is nobody's.
    result.catch(() => {});
    running.push(result);
    if (running.length >= concurrency) yield await running.shift()!;
  }
  while (running.length > 0) yield await running.shift()!;
}
