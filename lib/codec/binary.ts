// The values that msgpackr carries as bytes in extensions of its own: typed arrays, buffers and views of
// them, and integers of any size.

import { bytesOfBuffer, bytesOfTypedArray, bytesOfView, typedArrayName } from './intrinsics.js';

/** The maximum number of bytes of a header. */
export const BINARY_HEADER_BYTES = 7;

const BYTES_TYPE = 0x74;
const INTEGER_TYPE = 0x42;
/** Their places are the numbers by which msgpackr knows them. */
const TYPED_ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];
const ARRAY_BUFFER = 0x10;
const DATA_VIEW = 0x11;
/** A Buffer has no extension. */
const PLAIN = -1;

/** The bytes of an object, in place, and the kind of the object. */
export interface Binary {
  kind: number;
  bytes: Uint8Array;
}

/** The bytes of a view or a buffer; undefined for a kind of typed array that has no number. */
export function binaryOf(object: object): Binary | undefined {
  const name = typedArrayName(object);
  if (name !== undefined) {
    if (name === 'Uint8Array' && object instanceof Buffer) {
      return { kind: PLAIN, bytes: bytesOfTypedArray(object) };
    }
    const kind = TYPED_ARRAYS.indexOf(name);
    return kind < 0 ? undefined : { kind, bytes: bytesOfTypedArray(object) };
  }
  if (ArrayBuffer.isView(object)) return { kind: DATA_VIEW, bytes: bytesOfView(object) };
  return { kind: ARRAY_BUFFER, bytes: bytesOfBuffer(object) };
}

/** Writes it where there is room, and returns the end of what was written. */
export function writeBinary(output: Buffer, { kind, bytes }: Binary, at: number): number {
  const { length } = bytes;
  let end: number;
  if (kind === PLAIN) {
    end = writeLength(output, 0xc4, length, at);
  } else {
    end = writeLength(output, 0xc7, length + 1, at);
    output[end++] = BYTES_TYPE;
    output[end++] = kind;
  }
  output.set(bytes, end);
  return end + length;
}

/** Whether so many bytes hold the integer, or nearly. */
export function fitsIn(value: bigint, maxBytes: number): boolean {
  const bound = 1n << BigInt(Math.max(0, maxBytes) * 8);
  return value < bound && value >= -bound;
}

/** The hexadecimal digits of an integer that does not fit in 64 bits: big-endian, in two's complement. */
export function digitsOf(value: bigint): string {
  return (value < 0n ? ~value : value).toString(16);
}

/** The number of bytes of such digits, with a bit for the sign. */
export function integerBytes(digits: string): number {
  return (digits.length >> 1) + 1;
}

/** Does what writeBinary does, for an integer given by its digits. */
export function writeInteger(
  output: Buffer,
  digits: string,
  isNegative: boolean,
  at: number,
): number {
  const length = integerBytes(digits);
  const begin = writeLength(output, 0xc7, length, at) + 1;
  const end = begin + length;
  output[begin - 1] = INTEGER_TYPE;
  const odd = digits.length & 1;
  output[begin] = odd === 1 ? Number.parseInt(digits[0]!, 16) : 0;
  output.write(digits.slice(odd), begin + 1, 'hex');
  if (isNegative) for (let i = begin; i < end; i++) output[i] = ~output[i]!;
  return end;
}

/**
 * Writes the header of bytes; `token` is the one for a length of 8 bits, and the next ones are for 16 and 32.
 */
export function writeLength(output: Buffer, token: number, length: number, at: number): number {
  if (length < 0x100) {
    output[at] = token;
    output[at + 1] = length;
    return at + 2;
  }
  if (length < 0x10000) {
    output[at] = token + 1;
    output.writeUInt16BE(length, at + 1);
    return at + 3;
  }
  output[at] = token + 2;
  output.writeUInt32BE(length, at + 1);
  return at + 5;
}
