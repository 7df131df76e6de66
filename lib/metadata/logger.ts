import { argumentTypeError } from '../errors/errors.js';
import { type WarningCode, warn } from '../process/warnings.js';

/** Where the cache reports the failures that it survived; pino, console and similar loggers fit. */
export interface Logger {
  /** Reports details for debugging. */
  debug(o: object | string, m?: string): void;
  /** Reports normal events. */
  info(o: object | string, m?: string): void;
  /** Reports a failure that the cache survived. */
  warn(o: object | string, m?: string): void;
  /** Reports a fault that should never occur. */
  error(o: object | string, m?: string): void;
}

/** A logger whose methods never throw, for use in the caches. */
export interface SafeLogger extends Logger {
  /** Reports a failure of a tier: a line in the log, or without a logger a process warning. */
  trouble(code: WarningCode, details: object, message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Without a logger, only failures of a tier are reported. */
export function safeLogger(logger: Logger | undefined): SafeLogger {
  if (logger !== undefined && !LEVELS.every((level) => typeof logger?.[level] === 'function')) {
    throw argumentTypeError(`logger must have the methods ${LEVELS.join(', ')}.`);
  }
  const safely = (level: (typeof LEVELS)[number]) => (o: object | string, m?: string) => {
    try {
      logger?.[level](o, m);
    } catch {
      // A logger that fails MUST NOT take its caller down.
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
