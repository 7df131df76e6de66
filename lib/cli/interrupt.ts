/**
 * A signal that aborts on the first Ctrl-C, so that the command can finish what it has to say. A
 * second one ends the process at once, as Node does by default.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new Error('Interrupted.')));
  return controller.signal;
}
