/** A record of metadata: anything msgpack can carry. Dates, Maps, typed arrays and bigints survive. */
export type Metadata = Record<string, unknown>;

/** Whether a decoded value is metadata, which is always a plain object after decoding. */
export function isMetadata(value: unknown): value is Metadata {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
