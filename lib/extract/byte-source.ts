import type { FileHandle } from 'node:fs/promises';
import { MalformedError } from '../errors/extract-error.js';

/** Bytes at absolute offsets, of a file or of memory. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes. Throws a MalformedError where the source ends before that. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Most files need no second read, because their metadata is at the front. */
export const HEAD_BYTES = 64 * 1024;
/** Beyond the head, several small reads in a row become one. */
const READ_AHEAD_BYTES = 512;

export class MemorySource implements ByteSource {
  readonly size: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkRange(offset, length, this.size);
    return this.#bytes.subarray(offset, offset + length);
  }
}

export class FileSource implements ByteSource {
  readonly size: number;
  readonly head: Buffer;
  readonly #handle: FileHandle;
  readonly #signal: AbortSignal | undefined;
  #window: Buffer;
  #windowOffset = 0;

  private constructor(handle: FileHandle, size: number, head: Buffer, signal?: AbortSignal) {
    this.#handle = handle;
    this.size = size;
    this.head = head;
    this.#window = head;
    this.#signal = signal;
  }

  static async open(handle: FileHandle, size: number, signal?: AbortSignal): Promise<FileSource> {
    const head = await readFully(handle, 0, Math.min(size, HEAD_BYTES));
    return new FileSource(handle, size, head, signal);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    this.#signal?.throwIfAborted();
    checkRange(offset, length, this.size);
    if (offset + length <= this.head.length) return this.head.subarray(offset, offset + length);
    const start = offset - this.#windowOffset;
    if (start >= 0 && start + length <= this.#window.length) {
      return this.#window.subarray(start, start + length);
    }
    const wanted = Math.min(Math.max(length, READ_AHEAD_BYTES), this.size - offset);
    this.#window = await readFully(this.#handle, offset, wanted);
    this.#windowOffset = offset;
    return this.#window.subarray(0, length);
  }
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new MalformedError(
      `it points to byte ${offset + length}, beyond its end at byte ${size}; it may be cut short`,
    );
  }
}

/** The memory is new and zero-filled, so that no reader of the bytes can see anything but the file. */
async function readFully(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new MalformedError('it became shorter while it was being read');
    done += bytesRead;
  }
  return bytes;
}
