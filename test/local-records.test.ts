import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArenaCacheOptions } from '../lib/arena/arena-options.js';
import { readBuffer } from '../lib/arena/read-buffer.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError } from '../lib/errors/errors.js';
import { contentState } from '../lib/files/content-state.js';
import { ABSENT_STATE, fileState } from '../lib/files/file-state.js';
import { PressureLevel } from '../lib/memory/pressure-level.js';
import { LocalRecords } from '../lib/tiers/local-records.js';
import type { Metadata } from '../lib/tiers/metadata.js';
import { decodeRecord, type EncodedRecord, isRecordOf } from '../lib/tiers/record.js';

const MIB = 1024 * 1024;
const metadata = { tags: ['test'], width: 640, at: new Date(1_700_000_000_123) };

let folder: string;
let file: string;
let records: LocalRecords;
const opened: LocalRecords[] = [];

/** The records ignore the memory pressure of the machine that runs the test. */
function make(options: Partial<ArenaCacheOptions> = {}): LocalRecords {
  const made = new LocalRecords({ maxBytes: MIB, ebb: false, ...options });
  opened.push(made);
  return made;
}

function copyOf(record: EncodedRecord): Buffer {
  return Buffer.from(record.subarray(0, record.end));
}

/** Returns what lookUp and read return for a record in memory. */
function found(value: Metadata) {
  return { metadata: value, source: 'memory', freshUntil: 0 };
}

/** Stores the record for the current state of the file. */
function storeFor(path: string, value: Metadata, key = 'key'): boolean {
  return records.store(key, records.encode(fileState(path)!, value, 0));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-records-'));
  file = join(folder, 'file.jpg');
  writeFileSync(file, 'some bytes');
  records = make();
});

afterEach(() => {
  for (const each of opened.splice(0)) each.arena.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the method lookUp', () => {
  it('returns what was stored for the current state of the file', () => {
    const state = records.lookUp('key', file) as string;
    expect(state).toBe(fileState(file));
    expect(records.store('key', records.encode(state, metadata, 0))).toBe(true);
    expect(records.lookUp('key', file)).toEqual(found(metadata));
    expect(records.stats()).toMatchObject({ hits: 1, misses: 1, puts: 1, corruptRecords: 0 });
  });

  it('misses and deletes what was stored for another state', () => {
    storeFor(file, metadata);
    writeFileSync(file, 'other bytes');
    expect(records.lookUp('key', file)).toBe(fileState(file));
    expect(records.stats()).toMatchObject({ hits: 0, misses: 1, entries: 0 });
  });

  it('recognises files that do not exist', () => {
    const absent = join(folder, 'absent');
    expect(records.lookUp('key', absent)).toBe(ABSENT_STATE);
    storeFor(absent, metadata);
    expect(records.lookUp('key', absent)).toEqual(found(metadata));
    writeFileSync(absent, '');
    expect(records.lookUp('key', absent)).toBe(fileState(absent));
  });

  it('returns no state, and touches no record, where the path has none', () => {
    storeFor(file, metadata);
    records.lookUp('other', file);
    for (const path of [folder, `${file}\0`, join(folder, 'caf\ufffd')]) {
      expect(records.lookUp('key', path)).toBeUndefined();
    }
    expect(records.stats()).toMatchObject({ hits: 0, misses: 1, entries: 1 });
    expect(records.lookUp('key', file)).toEqual(found(metadata));
  });

  it('reads records larger than the read buffer', () => {
    records = make({ maxBytes: 8 * MIB });
    const large = { one: 'x'.repeat(readBuffer.length + 1), two: 'y'.repeat(2 * MIB) };
    storeFor(file, large);
    expect(records.lookUp('key', file)).toEqual(found(large));
    expect(records.read('key', fileState(file)!)).toEqual(found(large));
    expect(records.peek('key', fileState(file)!)).toEqual(large);
    expect(records.has('key', fileState(file)!)).toBe(true);
    writeFileSync(file, 'other bytes');
    expect(records.lookUp('key', file)).toBe(fileState(file));
    expect(records.stats()).toMatchObject({ hits: 2, misses: 1, entries: 0 });
  });
});

describe('the methods read, peek and has', () => {
  it('accept a state from any source', () => {
    const state = contentState(file)!;
    records.store('key', records.encode(state, metadata, 0));
    expect(records.read('key', state)).toEqual(found(metadata));
    expect(records.peek('key', state)).toEqual(metadata);
    expect(records.has('key', state)).toBe(true);
    expect(records.stats()).toMatchObject({ hits: 1, misses: 0 });
    expect(records.lookUp('key', file)).toBe(fileState(file));
    expect(records.has('key', state)).toBe(false);
  });

  it('differ in their handling of a record of another state', () => {
    storeFor(file, metadata);
    expect(records.peek('key', ABSENT_STATE)).toBeUndefined();
    expect(records.has('key', ABSENT_STATE)).toBe(false);
    expect(records.has('none', ABSENT_STATE)).toBe(false);
    expect(records.peek('none', ABSENT_STATE)).toBeUndefined();
    expect(records.stats()).toMatchObject({ hits: 0, misses: 0, entries: 1 });
    expect(records.read('key', ABSENT_STATE)).toBeUndefined();
    expect(records.stats()).toMatchObject({ hits: 0, misses: 1, entries: 0 });
  });
});

describe('a record', () => {
  it('has the same bytes in every LocalRecords', () => {
    const state = fileState(file)!;
    const record = copyOf(records.encode(state, metadata, 0)!);
    expect(record.subarray(0, 32).toString('latin1')).toBe(state);
    expect(isRecordOf(state, record)).toBe(true);
    expect(isRecordOf(ABSENT_STATE, record)).toBe(false);
    expect(isRecordOf(state, record.subarray(0, 31))).toBe(false);
    expect(decodeRecord(record)).toEqual(metadata);
    const other = make();
    expect(other.put('key', record)).toBe(true);
    expect(other.lookUp('key', file)).toEqual(found(metadata));
    records.store('key', records.encode(state, metadata, 0));
    expect(records.arena.getBytes('key')).toEqual(record);
    expect(other.arena.getBytes('key')).toEqual(record);
  });

  it('returns any metadata, after any other', () => {
    const anything = fc.dictionary(fc.string(), fc.anything({ withDate: true, withMap: true }));
    fc.assert(
      fc.property(anything, anything, (first, second) => {
        const [one, two] = [{ a: first }, { a: second }];
        const record = copyOf(records.encode(ABSENT_STATE, one, 0)!);
        records.store('two', records.encode(ABSENT_STATE, two, 0));
        records.put('one', record);
        expect(records.read('one', ABSENT_STATE)?.metadata).toEqual(decodeRecord(record));
        records.store('one', records.encode(ABSENT_STATE, one, 0));
        expect(records.arena.getBytes('one')).toEqual(record);
      }),
      { numRuns: 200 },
    );
    const exact = { a: 1, list: [null, undefined, 2n ** 70n], map: new Map([[1, new Set('x')]]) };
    records.store('key', records.encode(ABSENT_STATE, exact, 0));
    expect(isDeepStrictEqual(records.read('key', ABSENT_STATE)?.metadata, exact)).toBe(true);
  });

  it('is refused with the path of a value that cannot be stored', () => {
    const encode = () => records.encode(ABSENT_STATE, { exif: { tags: [1, () => 1] } }, 0);
    expect(encode).toThrow(EncodeError);
    expect(encode).toThrow(/'exif\.tags\[1\]'/);
    expect(() => records.encode('short', {}, 0)).toThrow(TypeError);
  });

  it('is not stored where it is larger than the budget', () => {
    expect(storeFor(file, { bytes: new Uint8Array(2 * MIB) })).toBe(false);
    expect(records.put('key', new Uint8Array(2 * MIB))).toBe(false);
    expect(records.stats()).toMatchObject({ entries: 0, rejections: 2 });
  });

  it('expires after its time to live', () => {
    const record = records.encode(ABSENT_STATE, metadata, 0)!;
    expect(() => records.store('key', record, { ttl: 0 })).toThrow(RangeError);
    expect(() => records.put('key', record, { cost: -1 })).toThrow(RangeError);
    expect(records.store('key', record, { ttl: 60_000, cost: 5 })).toBe(true);
    expect(records.read('key', ABSENT_STATE)).toEqual(found(metadata));
  });
});

describe('a corrupt record', () => {
  const whole = (...body: number[]) =>
    Buffer.concat([Buffer.from(ABSENT_STATE, 'latin1'), Buffer.from(body)]);
  const packed = (value: unknown) => whole(...new Packr({ useRecords: false }).pack(value));

  it.each<[string, Buffer]>([
    ['no metadata at all', whole()],
    ['half a map', whole(0x82, 0xa1, 0x61, 0x01)],
    ['a token of no type', whole(0xc1)],
    ['more than one value', whole(0x80, 0x80)],
    ['an array that is said to be long', whole(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['no map but a number', whole(1)],
    ['null', packed(null)],
    ['a list', packed([1, 2])],
    ['a date', packed(new Date(0))],
    ['lists 100,000 deep', whole(...Array<number>(100_000).fill(0x91), 1)],
  ])('is deleted, counted, and a miss: %s', (_, record) => {
    records.put('key', record);
    expect(records.peek('key', ABSENT_STATE)).toBeUndefined();
    expect(records.stats()).toMatchObject({ corruptRecords: 0, entries: 1 });
    expect(records.read('key', ABSENT_STATE)).toBeUndefined();
    expect(records.stats()).toMatchObject({ hits: 0, misses: 1, corruptRecords: 1, entries: 0 });
    records.put('key', record);
    expect(records.lookUp('key', join(folder, 'absent'))).toBe(ABSENT_STATE);
    expect(records.stats()).toMatchObject({ hits: 0, misses: 2, corruptRecords: 2, entries: 0 });
  });

  it('has another state where it is too short to have one', () => {
    records.put('key', Buffer.from(ABSENT_STATE.slice(0, 31), 'latin1'));
    expect(records.read('key', ABSENT_STATE)).toBeUndefined();
    expect(records.stats()).toMatchObject({ misses: 1, corruptRecords: 0, entries: 0 });
  });

  it('causes no exception, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        records.put('key', whole(...body));
        const outcome = records.read('key', ABSENT_STATE);
        expect(records.has('key', ABSENT_STATE)).toBe(outcome !== undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a LocalRecords', () => {
  it('deletes and clears records', () => {
    storeFor(file, metadata);
    storeFor(file, metadata, 'other');
    expect(records.delete('key')).toBe(true);
    expect(records.delete('key')).toBe(false);
    expect(records.lookUp('other', file)).toEqual(found(metadata));
    records.clear();
    expect(records.lookUp('other', file)).toBe(fileState(file));
  });

  it('shrinks under pressure, by its arena', () => {
    storeFor(file, metadata);
    const { payloadBytes, heldBytes } = records.arena.stats();
    const released = records.arena.applyPressure(PressureLevel.CRITICAL);
    expect(records.stats()).toMatchObject({ entries: 0, pressureEvictions: 1 });
    expect(payloadBytes).toBeGreaterThan(0);
    expect(records.arena.stats().payloadBytes).toBe(0);
    expect(released).toBe(heldBytes - records.arena.stats().heldBytes);
  });

  it('throws for arguments of the wrong kind, and once it is closed', () => {
    expect(() => records.lookUp('', file)).toThrow(RangeError);
    expect(() => records.lookUp(1 as never, file)).toThrow(TypeError);
    expect(() => records.lookUp('key', 1 as never)).toThrow(/path must be a string/);
    expect(() => records.read('key', 'short')).toThrow(TypeError);
    expect(() => records.put('key', 'text' as never)).toThrow(TypeError);
    expect(() => records.store(1 as never, records.encode(ABSENT_STATE, {}, 0))).toThrow(TypeError);
    records.arena.close();
    for (const call of [
      () => records.lookUp('key', file),
      () => records.read('key', ABSENT_STATE),
      () => records.peek('key', ABSENT_STATE),
      () => records.has('key', ABSENT_STATE),
      () => records.put('key', new Uint8Array(40)),
      () => records.store('key', records.encode(ABSENT_STATE, {}, 0)),
      () => records.delete('key'),
      () => records.clear(),
      () => records.stats(),
    ]) {
      expect(call).toThrow(ClosedError);
    }
  });
});
