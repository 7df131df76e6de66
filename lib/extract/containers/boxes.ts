import { MalformedError } from '../../errors/extract-error.js';

/** Files have tens of boxes; the limit is for files made to keep a reader busy. */
export const MAX_BOXES = 4096;

/** A box of an ISO base media file: its type and where its content lies in the buffer. */
export interface Box {
  type: string;
  start: number;
  end: number;
}

/** The boxes directly inside another. */
export function boxesIn(bytes: Buffer, parent: Box): Box[] {
  const boxes: Box[] = [];
  let offset = parent.start;
  while (offset + 8 <= parent.end && boxes.length < MAX_BOXES) {
    const length = bytes.readUInt32BE(offset) || parent.end - offset;
    if (length < 8 || offset + length > parent.end) {
      throw new MalformedError(`a box inside its ${parent.type} box states an impossible length`);
    }
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    boxes.push({ type, start: offset + 8, end: offset + length });
    offset += length;
  }
  return boxes;
}
