// Tests the checksum of bytes as JavaScript calls it; its sums are tested in C++.

import { describe, expect, it } from 'vitest';
import { native } from '../lib/native/addon.js';

describe('a checksum', () => {
  it('is SipHash-1-3 of exactly the given bytes', () => {
    // These test vectors are from Rust's library: the sums of the bytes 0, 1, 2, ...
    const sums: [length: number, sum: string][] = [
      [0, 'dcc40f055801acab'],
      [1, '93ca577df39bf4c9'],
      [8, '8e9a298d11959036'],
      [63, 'a8b3bbb76290199d'],
    ];
    for (const [length, sum] of sums) {
      const bytes = Buffer.alloc(100, 0xee);
      for (let i = 0; i < length; i++) bytes[20 + i] = i;
      expect(native.writeChecksum(bytes, 20, 20 + length, 10)).toBe(true);
      expect(bytes.toString('hex', 10, 18)).toBe(sum);
      expect(native.hasChecksum(bytes, 20, 20 + length, 10)).toBe(true);
      const around = [
        ...bytes.subarray(0, 10),
        ...bytes.subarray(18, 20),
        ...bytes.subarray(20 + length),
      ];
      expect(new Set(around)).toEqual(new Set([0xee]));
    }
  });

  it('may be stored before or after its bytes, in any Uint8Array', () => {
    const bytes = new Uint8Array(new ArrayBuffer(64), 8, 40);
    for (const [start, end, at] of [
      [8, 40, 0],
      [0, 32, 32],
      [20, 20, 20],
    ] as const) {
      expect(native.writeChecksum(bytes, start, end, at)).toBe(true);
      expect(native.hasChecksum(bytes, start, end, at)).toBe(true);
    }
  });

  it('changes with any byte', () => {
    const bytes = new Uint8Array(108).fill(7);
    native.writeChecksum(bytes, 8, 108, 0);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i]! ^= 1;
      expect(native.hasChecksum(bytes, 8, 108, 0)).toBe(false);
      bytes[i]! ^= 1;
    }
    expect(native.hasChecksum(bytes, 8, 108, 0)).toBe(true);
  });

  it.each([
    ['ends behind the bytes', [8, 101, 0]],
    ['begins behind its end', [9, 8, 0]],
    ['begins before the bytes', [-1, 50, 60]],
    ['would lie before the bytes', [20, 50, -8]],
    ['would lie partly behind the bytes', [0, 50, 93]],
    ['would lie behind the bytes', [0, 50, 101]],
    ['would lie among its bytes', [0, 50, 43]],
    ['would lie before and among its bytes', [20, 50, 13]],
    ['has no whole bounds', [8.5, 50, 0]],
    ['has no bounds', [Number.NaN, 50, 60]],
    ['has an infinite bound', [8, Number.POSITIVE_INFINITY, 0]],
    ['has bounds that wrap around 32 bits', [2 ** 32 + 8, 2 ** 32 + 50, 0]],
  ])('is refused where it %s', (_what, [start, end, at]) => {
    const bytes = new Uint8Array(100).fill(1);
    expect(native.writeChecksum(bytes, start!, end!, at!)).toBe(false);
    expect(native.hasChecksum(bytes, start!, end!, at!)).toBe(false);
    expect(new Set(bytes)).toEqual(new Set([1]));
  });

  it.each([
    ['text', 'text'],
    ['nothing', undefined],
    ['an ArrayBuffer', new ArrayBuffer(100)],
    ['numbers of 16 bits', new Uint16Array(100)],
    ['a DataView', new DataView(new ArrayBuffer(100))],
  ])('is refused for %s', (_what, bytes) => {
    // Values that TypeScript refuses may still be passed from JavaScript.
    expect(Reflect.apply(native.writeChecksum, undefined, [bytes, 8, 50, 0])).toBe(false);
    expect(Reflect.apply(native.hasChecksum, undefined, [bytes, 8, 50, 0])).toBe(false);
    expect(Reflect.apply(native.hasChecksum, undefined, [])).toBe(false);
  });

  it('is refused for bytes that were transferred', () => {
    const bytes = new Uint8Array(100);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    expect(native.writeChecksum(bytes, 8, 50, 0)).toBe(false);
  });
});
