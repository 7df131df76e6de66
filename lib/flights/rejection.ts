// What work was rejected with, as plain data that any codec carries, and back: for other threads, and
// to be kept for a while.

import { unboxError } from '../codec/boxes.js';
import { encode } from '../codec/encoder.js';
import { fieldsOf, ownClassOf, restoreFields, reviveOwn } from './own-errors.js';

/** The longest chain of causes that is copied; a circular one has no end. */
const MAX_CAUSES = 16;

/** An error, or anything else that was thrown. */
export type PackedRejection = { error: ErrorRecord } | { value: unknown };

interface ErrorRecord {
  name: string;
  message: string;
  stack: string | undefined;
  code: string | number | undefined;
  cause: PackedRejection;
  /** The class of this package, or the nearest one of JavaScript that it extends. */
  ownClass: string | undefined;
  fields: Record<string, unknown>;
}

/**
 * Errors of this package with their class and all that they have, others with name, message, code, stack
 * and cause, and what a system call says of itself; other values as they are.
 */
export function packRejection(reason: unknown, depth = 0): PackedRejection {
  if (!(reason instanceof Error)) return { value: reason };
  const { name, message, stack, cause } = reason;
  const code = 'code' in reason ? reason.code : undefined;
  const ownClass = ownClassOf(reason);
  return {
    error: {
      name: String(name),
      message: String(message),
      stack: typeof stack === 'string' ? stack : undefined,
      code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
      cause: depth < MAX_CAUSES ? toCause(cause, depth + 1) : { value: undefined },
      ownClass,
      fields: fieldsOf(reason, ownClass),
    },
  };
}

/** One that cannot be encoded is left out: the error says more than that it cannot. */
function toCause(cause: unknown, depth: number): PackedRejection {
  const reason = packRejection(cause, depth);
  if ('error' in reason) return reason;
  try {
    encode(reason);
    return reason;
  } catch {
    return { value: undefined };
  }
}

export function unpackRejection(reason: PackedRejection): unknown {
  if (!('error' in reason)) return reason.value;
  const { name, message, stack, code, ownClass, fields } = reason.error;
  const cause = unpackRejection(reason.error.cause);
  const own = ownClass === undefined ? undefined : reviveOwn(ownClass, name, message, cause);
  const error = own ?? unboxError([name, message, cause]);
  error.stack = stack ?? `${name}: ${message}`;
  if (code !== undefined) Object.assign(error, { code });
  restoreFields(error, ownClass, fields);
  return error;
}
