/** The error for work that did not end within its time. */
export class DeadlineError extends Error {
  constructor(milliseconds: number) {
    super(`There was no reply within ${Math.round(milliseconds)} ms.`);
    this.name = 'DeadlineError';
  }
}

/**
 * Settles as the promise does, or rejects with a DeadlineError after the given time.
 *
 * A timer that fires because the event loop was busy does so before the replies that came meanwhile are read,
 * so these are read before the deadline counts. (A general timeout, such as cockatiel's, would mistake every
 * busy spell of this process for a slow server.)
 *
 * @param unref Whether the wait may end with the process.
 */
export function withDeadline<T>(
  promise: Promise<T>,
  milliseconds: number,
  { unref = false } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // This runs after the poll for what has arrived.
      setImmediate(() => reject(new DeadlineError(milliseconds)));
    }, milliseconds);
    if (unref) timer.unref();
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** Whether the promise settles, in either way, within the given time. */
export async function isInTime(step: Promise<unknown>, milliseconds: number): Promise<boolean> {
  try {
    await withDeadline(step, milliseconds);
    return true;
  } catch (error) {
    return !(error instanceof DeadlineError);
  }
}
