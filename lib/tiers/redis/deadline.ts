/** The error of what did not end within its time. */
export class DeadlineError extends Error {
  constructor(milliseconds: number) {
    super(`There was no reply within ${Math.round(milliseconds)} ms.`);
    this.name = 'DeadlineError';
  }
}

/**
 * What the promise comes to, but no later than this; rejects with a DeadlineError then. A timer that
 * fires because the event loop was busy does so before the replies that came meanwhile are read, so
 * they are read before it counts. (A general timeout, such as cockatiel's, would take every busy spell
 * of this process for a slow server.)
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

/** Whether it ends, well or not, no later than this. */
export async function isInTime(step: Promise<unknown>, milliseconds: number): Promise<boolean> {
  try {
    await withDeadline(step, milliseconds);
    return true;
  } catch (error) {
    return !(error instanceof DeadlineError);
  }
}
