import { ExitCode } from './exit-codes.js';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code of the command: undefined as long as it was not interrupted. */
  readonly exitCode: number | undefined;
}

/**
 * Its signal aborts with the first SIGINT (Ctrl-C) or SIGTERM, so that the command can finish its output. A
 * second one ends the process at once, as Node does by default.
 */
export function interruptible(): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const abort = (code: number) => {
    exitCode ??= code;
    controller.abort(new Error('Interrupted.'));
  };
  process.once('SIGINT', () => abort(ExitCode.interrupted));
  process.once('SIGTERM', () => abort(ExitCode.terminated));
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
