import fc from 'fast-check';

/**
 * Values of all kinds that msgpack can carry, but no invalid dates: isDeepStrictEqual of Node 20 takes two
 * of those for different ones.
 */
export function anyValue(): fc.Arbitrary<unknown> {
  const anything = fc.anything({
    withBigInt: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const date = fc.date({ noInvalidDate: true });
  return fc.oneof(
    { weight: 4, arbitrary: anything },
    date,
    fc.tuple(date, anything),
    fc.record({ date, anything }),
    fc.tuple(anything, date).map((entry) => new Map([entry])),
  );
}
