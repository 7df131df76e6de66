// Packs the rejection of work as plain data that any codec carries, and unpacks it, for other threads and to
// be kept for a while.

import { unboxError } from '../codec/boxes.js';
import { encode } from '../codec/encoder.js';
import { fieldsOf, ownClassOf, restoreFields, reviveOwn } from './own-errors.js';

/** The maximum number of causes that are copied, because a circular chain has no end. */
const MAX_CAUSES = 16;

/** An error, or any other thrown value. */
export type PackedRejection = { error: ErrorRecord } | { value: unknown };

interface ErrorRecord {
  name: string;
  message: string;
  stack: string | undefined;
  code: string | number | undefined;
  cause: PackedRejection;
  /** The class of this package, or the nearest class of JavaScript that it extends. */
  ownClass: string | undefined;
  fields: Record<string, unknown>;
}

/**
 * Errors of this package keep their class and all fields. Others keep name, message, code, stack and cause,
 * and the fields of a failed system call. Other values stay as they are.
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

/**
 * A cause that cannot be encoded is left out, because the error itself is more informative than that failure.
 */
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
