/** One tag of a TIFF directory, its value in the byte order of the file. */
export interface Entry {
  type: number;
  count: number;
  bytes: Buffer;
}

export type Directory = Map<number, Entry>;

export interface TiffContext {
  littleEndian: boolean;
  /**
   * The number of bytes of values that may still be read, because many entries can name the same large value.
   */
  budget: number;
}

export interface Tree {
  entries: Directory;
  children: Child[];
}

export interface Child {
  /** The tag in the parent that points to it. */
  tag: number;
  /** Undefined where the file has no such directory. */
  entries: Directory | undefined;
  children: Child[];
}

const SHORT = 3;
const LONG = 4;
const IFD = 13;
const HEADER_BYTES = 8;

/** The values of an entry of whole numbers; an empty list for any other entry. */
export function numbersOf(entry: Entry | undefined, { littleEndian }: TiffContext): number[] {
  if (!entry || ![SHORT, LONG, IFD].includes(entry.type)) return [];
  const size = entry.type === SHORT ? 2 : 4;
  return Array.from({ length: entry.count }, (_, n) =>
    littleEndian ? entry.bytes.readUIntLE(n * size, size) : entry.bytes.readUIntBE(n * size, size),
  );
}

/** Writes a TIFF file of the given directories, each followed by its values and then by its children. */
export function writeTiff(context: TiffContext, tree: Tree): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(context.littleEndian ? 'II' : 'MM', 'latin1');
  put(header, 42, 2, 2, context);
  put(header, HEADER_BYTES, 4, 4, context);
  return Buffer.concat([header, writeDirectory(context, tree, HEADER_BYTES)]);
}

function writeDirectory(context: TiffContext, tree: Tree, base: number): Buffer {
  const children = tree.children.filter((child) => child.entries !== undefined);
  const count = tree.entries.size + children.length;
  const table = Buffer.alloc(2 + count * 12 + 4);
  const pieces: Buffer[] = [table];
  let at = 2;
  let end = base + table.length;
  put(table, count, 0, 2, context);
  for (const [tag, { type, count: values, bytes }] of tree.entries) {
    put(table, tag, at, 2, context);
    put(table, type, at + 2, 2, context);
    put(table, values, at + 4, 4, context);
    if (bytes.length <= 4) {
      bytes.copy(table, at + 8);
    } else {
      put(table, end, at + 8, 4, context);
      pieces.push(bytes);
      end += bytes.length;
    }
    at += 12;
  }
  for (const { tag, entries, children: grandchildren } of children) {
    const bytes = writeDirectory(context, { entries: entries!, children: grandchildren }, end);
    put(table, tag, at, 2, context);
    put(table, LONG, at + 2, 2, context);
    put(table, 1, at + 4, 4, context);
    put(table, end, at + 8, 4, context);
    pieces.push(bytes);
    end += bytes.length;
    at += 12;
  }
  return Buffer.concat(pieces);
}

function put(target: Buffer, value: number, at: number, bytes: 2 | 4, context: TiffContext): void {
  if (context.littleEndian) target.writeUIntLE(value, at, bytes);
  else target.writeUIntBE(value, at, bytes);
}
