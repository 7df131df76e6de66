/** Typed arrays up to this many elements are written as numbers; Buffers and longer ones as base64. */
const MAX_LISTED = 64;

/**
 * One line of NDJSON, with its line feed. Values without a form in JSON are converted: a bigint to a number
 * where that is exact, else to a string; a Date to ISO 8601; a Map to an object (a list of pairs if not all
 * keys are strings); a Set to an array; binary data to base64, a short typed array to numbers; NaN and the
 * infinities to null.
 */
export function toNdjsonLine(value: unknown): string {
  return `${JSON.stringify(value, replacer) ?? 'null'}\n`;
}

/** Reads the value from its holder, because JSON.stringify has already called toJSON of Dates and Buffers. */
function replacer(this: unknown, key: string, converted: unknown): unknown {
  const value = (this as Record<string, unknown>)[key];
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof Map) {
    return [...value.keys()].every((name) => typeof name === 'string')
      ? Object.fromEntries(value)
      : [...value];
  }
  if (value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return binary(value);
  return converted;
}

function binary(view: ArrayBufferView): unknown {
  const isList = !(view instanceof DataView) && !Buffer.isBuffer(view);
  if (isList && (view as Uint8Array).length <= MAX_LISTED) return [...(view as Uint8Array)];
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
}
