import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contentState } from '../lib/files/content-state.js';
import { ABSENT_STATE } from '../lib/files/file-state.js';

// The mock serves the one test that changes a file while it is read.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, readSync: vi.fn(fs.readSync) };
});
const { readSync } = await import('node:fs');

const onWindows = process.platform === 'win32';
const KIB = 1024;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-content-'));
  file = join(folder, 'file.jpg');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Computes the same state from the words of the documentation. */
function expected(content: Buffer): string {
  const { length } = content;
  const hash = createHash('sha256').update(new BigUint64Array([BigInt(length)]));
  if (length <= 64 * KIB) return hash.update(content).digest('binary');
  for (let i = 0; i < 16; i++) {
    const start = Math.floor(((length - 4096) * i) / 15);
    hash.update(content.subarray(start, start + 4096));
  }
  return hash.digest('binary');
}

function changeByte(position: number) {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.from([0xff]), 0, 1, position);
  closeSync(descriptor);
}

describe('the state by content', () => {
  it.each([0, 1, 4096, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 100_000, 1_000_003])(
    'is the hash of the size and content of %d bytes',
    (size) => {
      const content = Buffer.alloc(size, 'some content, ');
      writeFileSync(file, content);
      expect(contentState(file)).toBe(expected(content));
      expect(contentState(file)).toHaveLength(32);
    },
  );

  it('does not change when a file is touched, replaced or moved', () => {
    writeFileSync(file, 'content');
    const state = contentState(file);
    utimesSync(file, new Date(1), new Date(2));
    expect(contentState(file)).toBe(state);
    writeFileSync(join(folder, 'other'), 'content');
    expect(contentState(join(folder, 'other'))).toBe(state);
  });

  it('changes with any change of a file of up to 64 KiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 * KIB }), fc.nat(), (size, nth) => {
        writeFileSync(file, Buffer.alloc(size));
        const state = contentState(file);
        changeByte(nth % size);
        expect(contentState(file)).not.toBe(state);
      }),
      { numRuns: 30 },
    );
  });

  it('changes with the first and last blocks of a larger file, and with its size', () => {
    const size = 300 * KIB;
    const states: unknown[] = [];
    const look = () => states.push(contentState(file));
    writeFileSync(file, Buffer.alloc(size));
    look();
    for (const position of [0, 4095, size - 4096, size - 1]) {
      changeByte(position);
      look();
    }
    truncateSync(file, size + 1);
    look();
    expect(new Set(states).size).toBe(6);
  });

  it('does not change with bytes between the blocks of a larger file, as documented', () => {
    writeFileSync(file, Buffer.alloc(300 * KIB));
    const state = contentState(file);
    changeByte(4096);
    expect(contentState(file)).toBe(state);
  });

  it('follows a link to its file, and has a value of its own for an absent file', () => {
    writeFileSync(file, 'content');
    expect(contentState(join(folder, 'none'))).toBe(ABSENT_STATE);
    expect(contentState(join(file, 'below'))).toBe(ABSENT_STATE);
    if (onWindows) return;
    symlinkSync('file.jpg', join(folder, 'link'));
    expect(contentState(join(folder, 'link'))).toBe(contentState(file));
  });
});

describe('a path without a state by content', () => {
  it('is a folder, or a path that cannot exist', () => {
    expect(contentState(folder)).toBeUndefined();
    expect(contentState(`${file}\0`)).toBeUndefined();
    expect(contentState(join(folder, 'caf\ufffd'))).toBeUndefined();
    expect(() => contentState(1 as never)).toThrow(TypeError);
  });

  it.skipIf(onWindows)('is a FIFO or a device, which nothing waits for', () => {
    execFileSync('mkfifo', [file]);
    expect(contentState(file)).toBeUndefined();
    expect(contentState('/dev/zero')).toBeUndefined();
  });

  it.skipIf(onWindows)('is a file that may not be read', () => {
    writeFileSync(file, 'content');
    chmodSync(file, 0);
    // The superuser reads any file, and others could not enter the folder.
    chmodSync(folder, 0o755);
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65_534);
    try {
      expect(contentState(file)).toBeUndefined();
    } finally {
      process.seteuid!(user);
    }
  });

  it.each<[string, number, number]>([
    ['grows', 100, 101],
    ['is cut', 100, 50],
    ['is cut between the blocks', 300 * KIB, 290 * KIB],
  ])('is a file that %s while it is read', (_, size, then) => {
    writeFileSync(file, Buffer.alloc(size));
    vi.mocked(readSync).mockImplementationOnce((...call) => {
      const read = readSync(...(call as Parameters<typeof readSync>));
      truncateSync(file, then);
      return read;
    });
    expect(contentState(file)).toBeUndefined();
  });

  it('is not a file that the system returns in pieces', () => {
    const content = Buffer.from('content in pieces');
    writeFileSync(file, content);
    vi.mocked(readSync).mockImplementationOnce((descriptor, buffer, ...rest) => {
      const [offset, , position] = rest as unknown as [number, number, number];
      return readSync(descriptor, buffer, offset, 3, position);
    });
    expect(contentState(file)).toBe(expected(content));
  });
});
