import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toNdjsonLine } from '../lib/cli/ndjson.js';

function roundTrip(value: unknown): unknown {
  return JSON.parse(toNdjsonLine(value));
}

describe('toNdjsonLine', () => {
  it('writes one line of valid JSON for any value', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const line = toNdjsonLine({ value });
        expect(line.endsWith('\n')).toBe(true);
        expect(line.slice(0, -1)).not.toMatch(/[\n\r]/);
        expect(() => JSON.parse(line)).not.toThrow();
      }),
    );
  });

  it('leaves JSON unchanged', () => {
    fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), keeps));
  });

  it.each([
    ['a small bigint', 12n, 12],
    ['a large bigint', 2n ** 64n, '18446744073709551616'],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid Date', new Date(Number.NaN), null],
    ['a Map', new Map([['a', 1n]]), { a: 1 }],
    ['a Set', new Set([1, 2]), [1, 2]],
    ['a Buffer', Buffer.from('tide'), 'dGlkZQ=='],
    ['a short typed array', Uint16Array.of(1, 2), [1, 2]],
    ['a short typed array of bigints', BigInt64Array.of(1n), [1]],
    ['a long typed array', new Uint8Array(65), Buffer.alloc(65).toString('base64')],
    ['an ArrayBuffer', new Uint8Array([1]).buffer, 'AQ=='],
    ['NaN', Number.NaN, null],
    ['infinity', Number.POSITIVE_INFINITY, null],
    ['nothing', undefined, null],
  ])('writes %s', (_, value, expected) => {
    expect(roundTrip(value)).toEqual(expected);
    if (value !== undefined) expect(roundTrip([{ value }])).toEqual([{ value: expected }]);
  });
});

function keeps(value: unknown): void {
  expect(roundTrip(value)).toEqual(JSON.parse(JSON.stringify(value)));
}
