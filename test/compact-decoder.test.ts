// The decoder of compact values with bytes that no codec wrote: each is a value or is counted, and none throws.
// EBBCACHE_FULL=1 tries a million of them.

import { describe, expect, it } from 'vitest';
import { handleOf } from '../lib/arena/arena-cache.js';
import { FieldNames } from '../lib/codec/field-names.js';
import { MsgpackCodec } from '../lib/codec/msgpack-codec.js';
import { native } from '../lib/native/addon.js';
import { sized } from './helpers/full-size.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { testSeed } from './helpers/test-seed.js';
import { image, train } from './helpers/trained-arena.js';

const open = openedArenas({ maxBytes: 16 * 1024 * 1024 });
const codec = new MsgpackCodec();
/** The mark of a compact value, and the number of its form; see lib/codec/compact-header.ts. */
const COMPACT = [0xc1, 1];
const HEADER_BYTES = 6;

describe('the decoder of compact values', () => {
  it('gives a value or counts one that it cannot decode, whatever the bytes are', async () => {
    const cache = open();
    await train(cache);
    const lists = [{ a: [1, { b: new Date(0) }], c: new Map([[1, 'x']]) }, image(7), image(8)];
    const samples = lists.map((value) => {
      cache.set('key', { ...image(1), value });
      return Buffer.from(native.readBuffer.subarray(0, native.get(handleOf(cache).id, 'key')));
    });
    for (const sample of samples) expect([...sample.subarray(0, 2)]).toEqual(COMPACT);
    const { names } = handleOf(cache);
    let undecodable = 0;
    const counted = new FieldNames(
      (dictionary) => names.of(dictionary),
      () => undecodable++,
    );
    const random = seededRandom(testSeed());
    const tries = sized(1_000_000, 60_000);
    let decoded = 0;
    for (let i = 0; i < tries; i++) {
      const sample = samples[i % samples.length]!;
      const bytes = Buffer.from(sample);
      let length = bytes.length;
      switch (random(3)) {
        case 0:
          length = 2 + random(bytes.length - 2);
          break;
        case 1:
          for (let changes = 1 + random(4); changes > 0; changes--) {
            bytes[2 + random(bytes.length - 2)] = random(256);
          }
          break;
        default:
          for (let at = HEADER_BYTES; at < bytes.length; at++) bytes[at] = random(256);
      }
      const before = undecodable;
      const value = codec.decode(bytes, length, counted);
      // What is no value is counted once, and a value never is.
      if (value !== undefined) {
        decoded++;
        if (undecodable !== before) expect(undecodable).toBe(before);
      } else if (undecodable !== before + 1) {
        expect(undecodable).toBe(before + 1);
      }
    }
    expect(decoded).toBeGreaterThan(tries / 100);
    expect(undecodable).toBeGreaterThan(tries / 3);
  });
});
