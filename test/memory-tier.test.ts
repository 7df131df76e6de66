import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArenaCacheOptions } from '../lib/cache/arena-options.js';
import { MemoryTier } from '../lib/cache/memory-tier.js';
import { readBuffer } from '../lib/cache/read-buffer.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError } from '../lib/errors.js';
import { contentState } from '../lib/files/content-state.js';
import { ABSENT_STATE, fileState } from '../lib/files/file-state.js';
import { PressureLevel } from '../lib/memory/pressure-level.js';
import type { Metadata } from '../lib/tiers/metadata.js';
import { decodeRecord, type EncodedRecord, isRecordOf } from '../lib/tiers/record.js';

const MIB = 1024 * 1024;
const metadata = { tags: ['test'], width: 640, at: new Date(1_700_000_000_123) };

let folder: string;
let file: string;
let tier: MemoryTier;
const opened: MemoryTier[] = [];

/** Deaf to the memory pressure of the machine that runs the test. */
function make(options: Partial<ArenaCacheOptions> = {}): MemoryTier {
  const made = new MemoryTier({ maxBytes: MIB, ebb: false, ...options });
  opened.push(made);
  return made;
}

function copyOf(record: EncodedRecord): Buffer {
  return Buffer.from(record.subarray(0, record.end));
}

/** As the file is now. */
function storeFor(path: string, value: Metadata, key = 'key'): boolean {
  return tier.store(key, tier.encode(fileState(path)!, value, 0));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-tier-'));
  file = join(folder, 'file.jpg');
  writeFileSync(file, 'some bytes');
  tier = make();
});

afterEach(() => {
  for (const each of opened.splice(0)) each.arena.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('lookUp', () => {
  it('gives what was stored for the state that the file has', () => {
    expect(tier.lookUp('key', file)).toBeUndefined();
    const state = tier.takeState();
    expect(state).toBe(fileState(file));
    expect(tier.store('key', tier.encode(state!, metadata, 0))).toBe(true);
    expect(tier.lookUp('key', file)).toEqual(metadata);
    expect(tier.takeState()).toBeUndefined();
    expect(tier.stats()).toMatchObject({ hits: 1, misses: 1, puts: 1, corruptRecords: 0 });
  });

  it('misses and deletes what was stored for another state', () => {
    storeFor(file, metadata);
    writeFileSync(file, 'other bytes');
    expect(tier.lookUp('key', file)).toBeUndefined();
    expect(tier.takeState()).toBe(fileState(file));
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 1, entries: 0 });
  });

  it('knows files that are not there', () => {
    const absent = join(folder, 'absent');
    expect(tier.lookUp('key', absent)).toBeUndefined();
    expect(tier.takeState()).toBe(ABSENT_STATE);
    storeFor(absent, metadata);
    expect(tier.lookUp('key', absent)).toEqual(metadata);
    writeFileSync(absent, '');
    expect(tier.lookUp('key', absent)).toBeUndefined();
  });

  it('has no state, and touches no record, where the path has none', () => {
    storeFor(file, metadata);
    tier.lookUp('other', file);
    for (const path of [folder, `${file}\0`, join(folder, 'caf\ufffd')]) {
      expect(tier.lookUp('key', path)).toBeUndefined();
      expect(tier.takeState()).toBeUndefined();
    }
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 1, entries: 1 });
    expect(tier.lookUp('key', file)).toEqual(metadata);
  });

  it('keeps the state that was missed while others are looked at', () => {
    const other = make();
    tier.lookUp('key', file);
    const state = fileState(file);
    other.lookUp('key', join(folder, 'absent'));
    fileState(folder);
    expect(tier.takeState()).toBe(state);
    expect(tier.takeState()).toBeUndefined();
  });

  it('reads records that are larger than the read buffer', () => {
    tier = make({ maxBytes: 8 * MIB });
    const large = { one: 'x'.repeat(readBuffer.length + 1), two: 'y'.repeat(2 * MIB) };
    storeFor(file, large);
    expect(tier.lookUp('key', file)).toEqual(large);
    expect(tier.read('key', fileState(file)!)).toEqual(large);
    expect(tier.peek('key', fileState(file)!)).toEqual(large);
    expect(tier.has('key', fileState(file)!)).toBe(true);
    writeFileSync(file, 'other bytes');
    expect(tier.lookUp('key', file)).toBeUndefined();
    expect(tier.takeState()).toBe(fileState(file));
    expect(tier.stats()).toMatchObject({ hits: 2, misses: 1, entries: 0 });
  });
});

describe('read, peek and has', () => {
  it('take a state from anywhere', () => {
    const state = contentState(file)!;
    tier.store('key', tier.encode(state, metadata, 0));
    expect(tier.read('key', state)).toEqual(metadata);
    expect(tier.peek('key', state)).toEqual(metadata);
    expect(tier.has('key', state)).toBe(true);
    expect(tier.stats()).toMatchObject({ hits: 1, misses: 0 });
    expect(tier.lookUp('key', file)).toBeUndefined();
    expect(tier.has('key', state)).toBe(false);
  });

  it('differ in what they do to a record of another state', () => {
    storeFor(file, metadata);
    expect(tier.peek('key', ABSENT_STATE)).toBeUndefined();
    expect(tier.has('key', ABSENT_STATE)).toBe(false);
    expect(tier.has('none', ABSENT_STATE)).toBe(false);
    expect(tier.peek('none', ABSENT_STATE)).toBeUndefined();
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 0, entries: 1 });
    expect(tier.read('key', ABSENT_STATE)).toBeUndefined();
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 1, entries: 0 });
  });
});

describe('records', () => {
  it('are the same bytes in every tier', () => {
    const state = fileState(file)!;
    const record = copyOf(tier.encode(state, metadata, 0)!);
    expect(record.subarray(0, 32).toString('latin1')).toBe(state);
    expect(isRecordOf(state, record)).toBe(true);
    expect(isRecordOf(ABSENT_STATE, record)).toBe(false);
    expect(isRecordOf(state, record.subarray(0, 31))).toBe(false);
    expect(decodeRecord(record)).toEqual(metadata);
    const other = make();
    expect(other.put('key', record)).toBe(true);
    expect(other.lookUp('key', file)).toEqual(metadata);
    tier.store('key', tier.encode(state, metadata, 0));
    expect(tier.arena.getBytes('key')).toEqual(record);
    expect(other.arena.getBytes('key')).toEqual(record);
  });

  it('bring back any metadata, after any other', () => {
    const anything = fc.dictionary(fc.string(), fc.anything({ withDate: true, withMap: true }));
    fc.assert(
      fc.property(anything, anything, (first, second) => {
        const [one, two] = [{ a: first }, { a: second }];
        const record = copyOf(tier.encode(ABSENT_STATE, one, 0)!);
        tier.store('two', tier.encode(ABSENT_STATE, two, 0));
        tier.put('one', record);
        expect(tier.read('one', ABSENT_STATE)).toEqual(decodeRecord(record));
        tier.store('one', tier.encode(ABSENT_STATE, one, 0));
        expect(tier.arena.getBytes('one')).toEqual(record);
      }),
      { numRuns: 200 },
    );
    const exact = { a: 1, list: [null, undefined, 2n ** 70n], map: new Map([[1, new Set('x')]]) };
    tier.store('key', tier.encode(ABSENT_STATE, exact, 0));
    expect(isDeepStrictEqual(tier.read('key', ABSENT_STATE), exact)).toBe(true);
  });

  it('are refused with the path of what cannot be stored', () => {
    const encode = () => tier.encode(ABSENT_STATE, { exif: { tags: [1, () => 1] } }, 0);
    expect(encode).toThrow(EncodeError);
    expect(encode).toThrow(/'exif\.tags\[1\]'/);
    expect(() => tier.encode('short', {}, 0)).toThrow(TypeError);
  });

  it('too large for the budget are not stored', () => {
    expect(storeFor(file, { bytes: new Uint8Array(2 * MIB) })).toBe(false);
    expect(tier.put('key', new Uint8Array(2 * MIB))).toBe(false);
    expect(tier.stats()).toMatchObject({ entries: 0, rejections: 2 });
  });

  it('expire as they are told to', () => {
    const record = tier.encode(ABSENT_STATE, metadata, 0)!;
    expect(() => tier.store('key', record, { ttl: 0 })).toThrow(RangeError);
    expect(() => tier.put('key', record, { cost: -1 })).toThrow(RangeError);
    expect(tier.store('key', record, { ttl: 60_000, cost: 5 })).toBe(true);
    expect(tier.read('key', ABSENT_STATE)).toEqual(metadata);
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
    tier.put('key', record);
    expect(tier.peek('key', ABSENT_STATE)).toBeUndefined();
    expect(tier.stats()).toMatchObject({ corruptRecords: 0, entries: 1 });
    expect(tier.read('key', ABSENT_STATE)).toBeUndefined();
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 1, corruptRecords: 1, entries: 0 });
    tier.put('key', record);
    expect(tier.lookUp('key', join(folder, 'absent'))).toBeUndefined();
    expect(tier.takeState()).toBe(ABSENT_STATE);
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 2, corruptRecords: 2, entries: 0 });
  });

  it('that is too short to have a state is of another state', () => {
    tier.put('key', Buffer.from(ABSENT_STATE.slice(0, 31), 'latin1'));
    expect(tier.read('key', ABSENT_STATE)).toBeUndefined();
    expect(tier.stats()).toMatchObject({ misses: 1, corruptRecords: 0, entries: 0 });
  });

  it('of any bytes throws nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        tier.put('key', whole(...body));
        const found = tier.read('key', ABSENT_STATE);
        expect(tier.has('key', ABSENT_STATE)).toBe(found !== undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the rest', () => {
  it('deletes and clears', () => {
    storeFor(file, metadata);
    storeFor(file, metadata, 'other');
    expect(tier.delete('key')).toBe(true);
    expect(tier.delete('key')).toBe(false);
    expect(tier.lookUp('other', file)).toEqual(metadata);
    tier.clear();
    expect(tier.lookUp('other', file)).toBeUndefined();
  });

  it('shrinks under pressure, by its arena', () => {
    storeFor(file, metadata);
    expect(tier.arena.applyPressure(PressureLevel.CRITICAL)).toBeGreaterThanOrEqual(0);
    expect(tier.stats()).toMatchObject({ entries: 0, pressureEvictions: 1 });
  });

  it('throws for arguments of the wrong kind, and once it is closed', () => {
    expect(() => tier.lookUp('', file)).toThrow(RangeError);
    expect(() => tier.lookUp(1 as never, file)).toThrow(TypeError);
    expect(() => tier.lookUp('key', 1 as never)).toThrow(/path must be a string/);
    expect(() => tier.read('key', 'short')).toThrow(TypeError);
    expect(() => tier.put('key', 'text' as never)).toThrow(TypeError);
    expect(() => tier.store(1 as never, tier.encode(ABSENT_STATE, {}, 0))).toThrow(TypeError);
    tier.arena.close();
    for (const call of [
      () => tier.lookUp('key', file),
      () => tier.read('key', ABSENT_STATE),
      () => tier.peek('key', ABSENT_STATE),
      () => tier.has('key', ABSENT_STATE),
      () => tier.put('key', new Uint8Array(40)),
      () => tier.store('key', tier.encode(ABSENT_STATE, {}, 0)),
      () => tier.delete('key'),
      () => tier.clear(),
      () => tier.stats(),
    ]) {
      expect(call).toThrow(ClosedError);
    }
  });
});
