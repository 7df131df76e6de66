// Tests that the decoder agrees with msgpackr for any bytes, because other addons may store their own.

import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../lib/codec/decoder.js';
import { encode } from '../lib/codec/encoder.js';
import { Packr, Unpackr } from '../lib/codec/msgpackr.js';

/** The first byte of a compact value, which msgpack has not. */
const COMPACT_MARK = 0xc1;
const unpackr = new Unpackr({ useRecords: false, moreTypes: true, copyBuffers: true });

function outcomeOf(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

/** Returns what the decoder returns with other bytes before and after, checked against msgpackr. */
function decoded(encoded: Uint8Array): unknown {
  const padded = Buffer.concat([Buffer.alloc(3, 0xa4), encoded, Buffer.alloc(70, 0x61)]);
  const found = outcomeOf(() => decode(padded, 3, 3 + encoded.length));
  // The store gives no others that begin so.
  if (encoded[0] === COMPACT_MARK) return found;
  const expected = outcomeOf(() => unpackr.unpack(Buffer.from(encoded)));
  // Two invalid dates are never equal, although they look so.
  if (!isDeepStrictEqual(found, expected)) expect(shown(found)).toBe(shown(expected));
  return found;
}

function shown(value: unknown): string {
  return inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null });
}

function bytesOf(value: unknown): Buffer {
  const encoded = encode(value);
  return Buffer.from(encoded.subarray(0, encoded.end));
}

const text = fc.oneof(
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom('', 'key', 'a key of more than 31 bytes, as few have', '__proto__', 'ä', '東京'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: text },
    fc.integer(),
    fc.double(),
    fc.constantFrom(null, undefined, true, false, 2n ** 63n, -(2n ** 63n), 2n ** 90n, /x/g),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.float32Array(),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(text, tie('value'), { maxKeys: 20 }),
    fc.uniqueArray(text).map((all) => new Set(all)),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 5 }).map((all) => new Map(all)),
  ),
}));

describe('the function decode', () => {
  it('reads what the encoder writes as msgpackr does', () => {
    fc.assert(
      fc.property(value, (value) => void decoded(bytesOf(value))),
      { numRuns: 1000 },
    );
  });

  it('reads what msgpackr writes as msgpackr does', () => {
    const packr = new Packr({ useRecords: false, moreTypes: true, useFloat32: 3 });
    fc.assert(
      fc.property(value, (value) => void decoded(packr.pack(value))),
      { numRuns: 1000 },
    );
  });

  it('reads truncated and modified bytes as msgpackr does', () => {
    const change = fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 }), fc.nat(400));
    fc.assert(
      fc.property(value, fc.array(change, { minLength: 1, maxLength: 5 }), (value, changes) => {
        const bytes = bytesOf(value);
        for (const [at, byte, length] of changes) {
          decoded(bytes.subarray(0, length % (bytes.length + 1)));
          bytes[at % bytes.length] = byte;
          decoded(bytes);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads arbitrary bytes as msgpackr does', () => {
    const token = fc.integer({ min: 0x80, max: 0xff });
    const byte = fc.oneof(token, fc.constantFrom(0, 1, 2, 3, 0x72, 0x73, 0x7c, 0x7d, 0x7e, 0xff));
    const bytes = fc.array(byte, { maxLength: 30 }).map((all) => Buffer.from(all));
    fc.assert(
      fc.property(bytes, (bytes) => void decoded(bytes)),
      { numRuns: 20_000 },
    );
  });

  it('refuses no bytes', () => {
    const other = bytesOf('the value of before');
    expect(() => decode(other, 0, 0)).toThrow();
    expect(() => decode(other, 2, 2)).toThrow();
  });

  it('does not allocate what a header claims without data after it', () => {
    const nested = Buffer.alloc(50_000, Buffer.from([0xdc, 0x9c, 0x40]));
    expect(() => decode(nested, 0, nested.length)).toThrow();
    expect(() => decode(Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), 0, 5)).toThrow();
  });

  it('does not mistake a key for another with the same cache slot', () => {
    const objects = Array.from({ length: 300 }, (_, i) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, k) => [`Tag${(i * 100 + k) * 7919}`, k])),
    );
    for (const object of [...objects, ...objects]) {
      expect(decoded(bytesOf(object))).toStrictEqual({ value: object });
    }
  });

  it('retains neither the buffer nor the values it read from it', () => {
    const encoded = bytesOf({ key: 'v'.repeat(40), bytes: Buffer.from('abc') });
    const found = decode(encoded, 0, encoded.length);
    encoded.fill(0);
    expect(found).toStrictEqual({ key: 'v'.repeat(40), bytes: Buffer.from('abc') });
  });
});
