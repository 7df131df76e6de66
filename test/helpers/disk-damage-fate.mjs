// Computes which records a damage leaves in a file, by the format of the file: native/disk/ring_layout.h.

/** One checksum covers the whole header: the file is created again without it. */
const HEADER_BYTES = 512;
/** The entries begin after a block for the header and the index, which is a 32nd of the budget. */
const entriesAt = (maxBytes) => 4096 + maxBytes / 32;
const CHUNK_BYTES = 256 * 1024;
/** An entry takes its text, and at most this for its header, its key and the rest of its record. */
const MAX_OVERHEAD = 400;

/**
 * Which records MUST be found after a damage, which MUST NOT, and how many may be lost at all.
 *
 * @param loss What the damage returned.
 * @param puts The index of the key and the bytes of text of all that was written, in order.
 * @param maxBytes The budget of the disk tier.
 */
export function fateOf(loss, puts, maxBytes) {
  const all = [...new Set(puts.map(({ index }) => index))];
  const unknown = { survive: [], vanish: [], maxLost: all.length };
  if (loss.isAll) return { ...unknown, vanish: all };
  if (loss.places?.some((place) => place < HEADER_BYTES)) return unknown;
  // A byte belongs to one slot of the index or to one entry.
  if (loss.places) return { ...unknown, maxLost: loss.places.length };
  if (loss.from === undefined) return { survive: all, vanish: [], maxLost: 0 };
  const survives = new Map();
  let [first, last] = [entriesAt(maxBytes), entriesAt(maxBytes)];
  const maxEntry = Math.max(...puts.map(({ bytes }) => bytes)) + MAX_OVERHEAD;
  for (const { index, bytes } of puts) {
    last += bytes + MAX_OVERHEAD;
    // No entry crosses from one chunk to the next: the end of each may be unused.
    const slack = maxEntry * Math.ceil((last - entriesAt(maxBytes)) / (CHUNK_BYTES - maxEntry));
    if (last + slack <= loss.from) survives.set(index, true);
    else if (first + bytes > loss.from) survives.set(index, false);
    else survives.delete(index);
    first += bytes;
  }
  const those = (isSo) => all.filter((index) => survives.get(index) === isSo);
  return { ...unknown, survive: those(true), vanish: those(false) };
}
