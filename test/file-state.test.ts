import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT_STATE, fileState, whyNoState, writeState } from '../lib/files/file-state.js';
import { native } from '../lib/native/addon.js';
import { Outcome } from '../lib/native/outcomes.js';
import { packageUrl } from './helpers/run-script.js';

const onWindows = process.platform === 'win32';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-state-'));
  file = join(folder, 'file.jpg');
  writeFileSync(file, 'some bytes');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function bytesOf(state: string | undefined): Buffer {
  return Buffer.from(state!, 'latin1');
}

describe('the state of a file', () => {
  it.skipIf(onWindows)('has the numbers that the system reports', () => {
    const bytes = bytesOf(fileState(file));
    const { size, mtimeNs, ino } = statSync(file, { bigint: true });
    expect(bytes).toHaveLength(32);
    expect([...bytes.subarray(0, 8)]).toEqual([2, 0, 0, 0, 0, 0, 0, 0]);
    expect(bytes.readBigUInt64LE(8)).toBe(size);
    expect(bytes.readBigInt64LE(16)).toBe(mtimeNs);
    expect(bytes.readBigUInt64LE(24)).toBe(BigInt.asUintN(64, ino));
  });

  it('is equal as long as the file does not change, by any path to it', () => {
    const state = fileState(file);
    expect(fileState(file)).toBe(state);
    expect(fileState(relative('.', file))).toBe(state);
    fileState(folder);
    expect(fileState(file)).toBe(state);
  });

  it('changes with its size, its time and its inode', () => {
    const [atime, mtime] = [new Date(1_000_000), new Date(2_000_000)];
    const states: unknown[] = [];
    const look = () => states.push(fileState(file));
    utimesSync(file, atime, mtime);
    look();
    truncateSync(file, 5);
    utimesSync(file, atime, mtime);
    look();
    utimesSync(file, atime, new Date(2_000_001));
    look();
    writeFileSync(`${file}.new`, '54321');
    utimesSync(`${file}.new`, atime, new Date(2_000_001));
    renameSync(`${file}.new`, file);
    look();
    rmSync(file);
    look();
    expect(new Set(states).size).toBe(5);
    expect(states).not.toContain(undefined);
  });

  it('has a special value for an absent file', () => {
    expect(fileState(join(folder, 'none'))).toBe(ABSENT_STATE);
    expect(fileState(join(folder, 'no', 'folder'))).toBe(ABSENT_STATE);
    expect(fileState(join(file, 'below'))).toBe(ABSENT_STATE);
    expect(fileState('')).toBe(ABSENT_STATE);
  });

  it('is found for names in any script, and for long paths', () => {
    for (const name of ['写真 📷.jpg', `${'é'.repeat(100)}.jpg`, 'a\ufffdb.jpg']) {
      const path = join(folder, name);
      writeFileSync(path, 'x');
      expect(bytesOf(fileState(path)).readBigUInt64LE(8)).toBe(1n);
    }
    const deep = join(folder, ...Array<string>(5).fill('d'.repeat(120)));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'file'), 'xy');
    expect(bytesOf(fileState(join(deep, 'file'))).readBigUInt64LE(8)).toBe(2n);
  });

  it('is the same in every thread', async () => {
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       import(workerData.module).then(({ fileState }) => {
         parentPort.postMessage(fileState(workerData.file));
       });`,
      {
        eval: true,
        workerData: { module: new URL('files/file-state.js', packageUrl).href, file },
      },
    );
    const state = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(state).toBe(fileState(file));
  });

  it('throws for a path that is neither text nor bytes', () => {
    for (const path of [undefined, null, 1, {}, new URL('file:///x')]) {
      expect(() => fileState(path as never)).toThrow(TypeError);
      expect(() => whyNoState(path as never)).toThrow(/must be a string or a Buffer/);
    }
  });
});

describe('the function whyNoState', () => {
  const NOT_UTF8 = 'The path is not there, and was not valid UTF-8 when it was read.';

  function expectNone(path: string, why: string) {
    expect(fileState(path)).toBeUndefined();
    expect(whyNoState(path)).toBe(why);
  }

  it.each<[string, () => string, string]>([
    ['a folder', () => folder, 'The path is a folder.'],
    ['a NUL', () => `${file}\0`, 'The path contains a NUL.'],
    ['a long name', () => join(folder, 'x'.repeat(10_000)), 'The path is too long.'],
    ['a long path', () => join(folder, 'ab/'.repeat(70_000)), 'The path is too long.'],
  ])('gives a reason for %s', (_, path, why) => expectNone(path(), why));

  it.skipIf(onWindows)('gives a reason for FIFOs, devices and loops of links', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('loop', join(folder, 'loop'));
    expectNone(join(folder, 'fifo'), 'The path is a device, a FIFO or a socket.');
    expectNone('/dev/null', 'The path is a device, a FIFO or a socket.');
    expectNone(join(folder, 'loop'), 'The path is a loop of symbolic links.');
  });

  it.skipIf(onWindows)('gives a reason for a file in a folder that may not be entered', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'file'), 'x');
    chmodSync(locked, 0);
    // The superuser enters any folder.
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65_534);
    try {
      expectNone(join(locked, 'file'), 'The path may not be looked at.');
    } finally {
      process.seteuid!(user);
      chmodSync(locked, 0o700);
    }
  });

  it.each(['caf\ufffd.jpg', 'caf\ud800.jpg', '\udc00', 'no\ufffd/folder'])(
    'gives a reason for %j, which is absent and was not UTF-8',
    (name) => {
      expectNone(join(folder, name), NOT_UTF8);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'gives a reason for a name that Node reads with U+FFFD',
    () => {
      const name = Buffer.from([0x63, 0x61, 0x66, 0xe9]);
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), 'x');
      expectNone(join(folder, name.toString()), NOT_UTF8);
    },
  );

  it('gives no reason for a file that has a state', () => {
    expect(whyNoState(file)).toBe('The path has a state.');
    expect(whyNoState(join(folder, 'none'))).toBe('The path has a state.');
  });
});

describe('an encoded state', () => {
  it('is written and read as 32 bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const written = Buffer.alloc(40, 7);
        writeState(written, Buffer.from(bytes).toString('latin1'));
        expect(written.subarray(0, 32)).toEqual(Buffer.from(bytes));
        expect(written.subarray(32)).toEqual(Buffer.alloc(8, 7));
      }),
    );
  });

  it('is refused where it has another length', () => {
    for (const state of ['', 'x'.repeat(31), 'x'.repeat(33)]) {
      expect(() => writeState(Buffer.alloc(64), state)).toThrow(TypeError);
    }
    expect(() => writeState(Buffer.alloc(31), ABSENT_STATE)).toThrow(TypeError);
  });
});

describe('the addon', () => {
  it('refuses unsafe arguments', () => {
    expect(native.fileState(undefined as never)).toBe(Outcome.badArguments);
    expect(native.lookUpFile(0, 'key', file)).toBe(Outcome.closed);
    expect(native.lookUpFile(0, '', file)).toBe(Outcome.badKey);
    expect(native.lookUpFile(0, 'key', 1 as never)).toBe(Outcome.badArguments);
    expect(native.getOfState(0, 'key')).toBe(Outcome.closed);
    expect(native.getOfState(0, '')).toBe(Outcome.badKey);
  });
});
