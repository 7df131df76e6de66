import { argumentTypeError } from '../errors/errors.js';
import { type WarningCode, warn } from '../process/warnings.js';

/** Where the cache reports what it survived; pino, console-like and others fit. */
export interface Logger {
  /** What is of use to who looks for a fault. */
  debug(o: object | string, m?: string): void;
  /** What happened as it should. */
  info(o: object | string, m?: string): void;
  /** What failed, and was survived. */
  warn(o: object | string, m?: string): void;
  /** What should not happen at all. */
  error(o: object | string, m?: string): void;
}

/** A logger as the caches use it: nothing that it has throws. */
export interface SafeLogger extends Logger {
  /** Trouble of a tier: a line in the log, or where there is none a warning of the process. */
  trouble(code: WarningCode, details: object, message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Without a logger, all but trouble is silent. */
export function safeLogger(logger: Logger | undefined): SafeLogger {
  if (logger !== undefined && !LEVELS.every((level) => typeof logger?.[level] === 'function')) {
    throw argumentTypeError(`logger must have the methods ${LEVELS.join(', ')}.`);
  }
  const safely = (level: (typeof LEVELS)[number]) => (o: object | string, m?: string) => {
    try {
      logger?.[level](o, m);
    } catch {
      // A logger that fails must not take its caller down.
    }
  };
  return {
    debug: safely('debug'),
    info: safely('info'),
    warn: safely('warn'),
    error: safely('error'),
    trouble(code, details, message) {
      if (logger === undefined) warn(code, message);
      else this.warn(details, message);
    },
  };
}
