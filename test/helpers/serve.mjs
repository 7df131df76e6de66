// Serves the calls of GroupProcess: it answers the process that started this one.

/**
 * Calls are answered by the handler of their name; a handler that fails ends the process.
 * @param {Record<string, (argument: any) => unknown>} handlers
 */
export function serve(handlers) {
  process.on('message', async (message) => {
    const { id, name, argument } = /** @type {{ id: number, name: string, argument: unknown }} */ (
      message
    );
    process.send?.({ id, result: await handlers[name]?.(argument) });
  });
  process.send?.({ id: 0 });
}

/** Returns milliseconds on a clock that all processes share. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
