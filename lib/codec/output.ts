// The output of the encoder: one buffer that is used again, and the limit of a value in it.
//
// A value of a few objects may have an endless encoding. The walk stops where its bytes are more than the
// destination accepts, and before any work or memory that is not in proportion to its bytes.

import { fitsIn } from './binary.js';
import type { Destination, EncodedValue } from './codec.js';
import { COUNTED_UNITS } from './text.js';

/** The number of bytes of a value that are written before its limit is requested. */
const INITIAL_BYTES = 64 * 1024;
/** A buffer that a rare large value made larger than this is not kept. */
const KEPT_BYTES = 1024 * 1024;
const MAX_BYTES = 2 ** 31 - 1;
/**
 * The number of bytes that are always free where a value begins: enough for all but strings and binary
 * values.
 */
export const SLACK_BYTES = 16;
const UNKNOWN = -1;
/** No engine has a larger integer. */
const MAX_INTEGER_BYTES = 2 ** 27;

/** The exception for a value that its destination does not accept. */
export const TOO_LARGE = new Error('The destination does not take it.');

export let bytes: EncodedValue;
export let view: DataView;
/** The last position at which a value may begin, until room was made or the limit was requested. */
export let lastStart: number;
/** Whether a value is being written, because a getter of it may encode another one. */
export let busy = false;
let destination: Destination | undefined;
/** The position at which the value begins, including what is before it in its destination. */
let origin = 0;
/** The maximum number of bytes of the value. */
let most = UNKNOWN;
/** The number of inherited members that were passed over. */
let skipped = 0;

useBuffer(allocate(INITIAL_BYTES));

/** Begins a value that has the buffer to itself, at its first byte. */
export function begin(to: Destination | undefined): void {
  // beginAt would cost more, and the buffer always has so many bytes.
  busy = true;
  destination = to;
  origin = 0;
  most = UNKNOWN;
  skipped = 0;
  lastStart = INITIAL_BYTES - SLACK_BYTES;
}

/** Begins a value at a place behind others, within the output that `begin` began. */
export function beginAt(at: number): void {
  origin = at;
  most = UNKNOWN;
  skipped = 0;
  lastStart = Math.min(at + INITIAL_BYTES, bytes.length) - SLACK_BYTES;
}

/** Ends what `begin` began: the buffer holds the result until the next value begins. */
export function release(): void {
  busy = false;
  destination = undefined;
  if (bytes.length > KEPT_BYTES) useBuffer(allocate(INITIAL_BYTES));
}

/** Takes a new buffer while another value is being written; the returned function restores the other one. */
export function useAnotherOutput(): () => void {
  const outer = { bytes, destination, origin, most, skipped, lastStart };
  useBuffer(allocate(INITIAL_BYTES));
  busy = false;
  return () => {
    useBuffer(outer.bytes);
    ({ destination, origin, most, skipped, lastStart } = outer);
    busy = true;
  };
}

function allocate(size: number): EncodedValue {
  return Object.assign(Buffer.allocUnsafeSlow(size), { start: 0, end: 0 });
}

function useBuffer(buffer: EncodedValue): void {
  bytes = buffer;
  view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

/**
 * Makes room for a value that ends, or may end, beyond `lastStart`; throws where it must not be that long.
 */
export function makeRoom(end: number): void {
  checkFits(end - origin);
  if (end + SLACK_BYTES > bytes.length) grow(end + SLACK_BYTES);
  lastStart = Math.min(bytes.length - SLACK_BYTES, origin + most);
}

/** A string that is too long is neither counted nor flattened, because each unit takes a byte or more. */
export function makeTextRoom(text: string, at: number): void {
  const { length } = text;
  if (at + length > lastStart) makeRoom(at + length);
  const least = at + length * 3 + SLACK_BYTES;
  if (least <= bytes.length) return;
  if (length > COUNTED_UNITS) makeRoom(at + Buffer.byteLength(text));
  else grow(least);
}

/** The digits of an integer take more memory than it does, so none are made of one that is too large. */
export function checkInteger(value: bigint, at: number): void {
  const free = lastStart - at;
  if (fitsIn(value, free)) return;
  makeRoom(lastStart + 1);
  const maxBytes = most - (at - origin);
  if (maxBytes < MAX_INTEGER_BYTES && !fitsIn(value, maxBytes)) makeRoom(origin + most + 1);
}

/** Inherited members cost time and add no bytes, so a value may have as many of them as bytes. */
export function passOver(): void {
  if (++skipped < INITIAL_BYTES) return;
  checkFits(skipped);
}

/** Requests the limit from the destination once for each value, and only where it may be exceeded. */
function checkFits(size: number): void {
  if (most === UNKNOWN) most = destination?.largestValue() ?? MAX_BYTES;
  if (size > most) throw destination === undefined ? tooLargeForAll() : TOO_LARGE;
}

export function grow(least: number): void {
  if (least > MAX_BYTES) throw tooLargeForAll();
  const next = 2 ** Math.ceil(Math.log2(least));
  // Values that lie side by side share the growth; one that has the buffer to itself needs no more than its
  // limit.
  const wanted = origin === 0 && most >= 0 ? Math.min(next, most + SLACK_BYTES) : next;
  const larger = allocate(Math.min(MAX_BYTES, Math.max(wanted, least)));
  larger.set(bytes);
  useBuffer(larger);
}

function tooLargeForAll(): Error {
  return new Error('it takes more than 2 GiB. Store it in parts.');
}
