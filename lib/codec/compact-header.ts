// The headers that the addon leaves before values in compact form; native/codec/stored_value.h has those that
// are stored.
//
//    0      1     2                        6
//   +------+-----+------------------------+-----------------------------------+
//   | 0xc1 | 1   | dictionary, u32 LE     | msgpack in which a key may be a   |
//   |      |     |                        | number: the place of its name     |
//   +------+-----+------------------------+-----------------------------------+
//   | 0xc1 | 0   | bytes that begin with 0xc1 themselves                      |
//   +------+-----+------------------------------------------------------------+

/** The first byte of a header; msgpack has no such byte. */
export const MARK = 0xc1;
/** The number of bytes before bytes that begin with the mark themselves. */
export const RAW_BYTES = 2;
/** The number of bytes before msgpack with numbers. */
export const COMPACT_BYTES = 6;

const RAW = 0;
const NUMBERED = 1;

/** Whether bytes that begin with the mark themselves follow the header. */
export function isRaw(buffer: Buffer, from: number): boolean {
  return buffer[from + 1] === RAW;
}

/** The dictionary of a compact value; undefined where there is none. */
export function dictionaryOf(buffer: Buffer, from: number, to: number): number | undefined {
  if (to - from <= COMPACT_BYTES || buffer[from + 1] !== NUMBERED) return undefined;
  return buffer.readUInt32LE(from + 2);
}
