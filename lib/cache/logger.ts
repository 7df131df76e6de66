import { argumentTypeError } from '../errors.js';

/** Where the cache reports what it survived; pino, console-like and others fit. */
export interface Logger {
  debug(o: object | string, m?: string): void;
  info(o: object | string, m?: string): void;
  warn(o: object | string, m?: string): void;
  error(o: object | string, m?: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** The logger with methods that never throw; a silent one if there is none. */
export function safeLogger(logger: Logger | undefined): Logger {
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
  };
}
