// Values that are stored compact: what comes back, in which threads and processes, and what strangers can do
// to the dictionaries. With EBBCACHE_FULL=1 eight threads and two processes work for 60 s, or else four threads
// and two processes for 4.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArenaCacheOptions, EncodeError } from '../lib/index.js';
import { anyValue } from './helpers/any-value.js';
import { sized } from './helpers/full-size.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { packageUrl, runNode, runScript } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';
import { image, train } from './helpers/trained-arena.js';
import { dataFolder, dataNote } from './helpers/truth.js';
import { until } from './helpers/until.js';

const MIB = 1024 * 1024;
const peerFile = new URL('./helpers/compact-peer.mjs', import.meta.url);

const open = openedArenas({ maxBytes: 16 * MIB });

/** Bytes that no compression makes fewer. */
function incompressible(count: number): Buffer {
  const random = seededRandom(testSeed());
  const words = Uint32Array.from({ length: count / 4 }, () => random(2 ** 32));
  return Buffer.from(words.buffer);
}

describe('compact values', () => {
  it('take a fraction of the bytes, and come back equal', async () => {
    const cache = open();
    await train(cache);
    const before = cache.stats().payloadBytes;
    let plainBytes = 0;
    for (let n = 0; n < 200; n++) {
      cache.set(`image ${n}`, image(1000 + n));
      plainBytes += cache.getBytes(`image ${n}`)!.length;
    }
    expect((cache.stats().payloadBytes - before) * 5).toBeLessThan(plainBytes);
    for (let n = 0; n < 200; n++) expect(cache.get(`image ${n}`)).toEqual(image(1000 + n));
    expect(cache.stats()).toMatchObject({ hits: 400, misses: 0, undecodableValues: 0 });
  });

  it('come back equal, whatever they are', async () => {
    const cache = open();
    const plain = open({ codec: 'msgpack' });
    await train(cache);
    fc.assert(
      fc.property(anyValue(), (value) => {
        if (value === undefined) return;
        for (const each of [cache, plain]) each.set('key', { ...image(1), value });
        // What msgpack cannot distinguish changes in both forms.
        const kept = plain.get('key');
        for (const found of [cache.get('key'), cache.peek('key'), cache.getMany(['key'])[0]]) {
          if (!isDeepStrictEqual(found, kept)) expect(found).toEqual(kept);
        }
      }),
      { seed: testSeed(), numRuns: sized(3000, 500) },
    );
  });

  it('have own properties of any name, and pollute nothing', async () => {
    const cache = open();
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'ISO'];
    const hostile = () => {
      const object = {};
      for (const name of names) {
        Object.defineProperty(object, name, {
          value: { polluted: name },
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return object;
    };
    for (let n = 0; n < 200; n++) cache.set(`hostile ${n}`, [hostile(), image(n)]);
    await until(() => cache.stats().dictionaryTrainings > 0);
    for (let n = 0; n < 50; n++) cache.set(`hostile ${n}`, [hostile(), image(n)]);
    for (let n = 0; n < 200; n++) {
      const [object] = cache.get(`hostile ${n}`) as [object];
      expect(Object.getOwnPropertyNames(object)).toEqual(names);
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('stay compact among a million names that strangers have chosen', async () => {
    const cache = open();
    let stranger = 0;
    for (let n = 0; n < 500; n++) {
      const names = Array.from({ length: sized(2000, 200) }, () => [`stranger ${stranger++}`, 1]);
      cache.set(`strange ${n}`, Object.fromEntries(names));
      cache.set(`image ${n}`, image(n));
    }
    await until(() => cache.stats().dictionaryTrainings > 0);
    const before = cache.stats().payloadBytes;
    for (let n = 0; n < 100; n++) cache.set(`new ${n}`, image(n + 10_000));
    const plainBytes = cache.getBytes('new 1')!.length * 100;
    expect((cache.stats().payloadBytes - before) * 3).toBeLessThan(plainBytes);
    expect(cache.stats().dictionaryBytes).toBeLessThan(MIB);
  });

  it('are the bytes that were set for those who ask for bytes', async () => {
    const cache = open();
    await train(cache);
    const plain = open({ codec: 'msgpack' });
    for (let n = 0; n < 50; n++) {
      plain.set('key', image(n));
      cache.set('key', image(n));
      expect(cache.getBytes('key')).toEqual(plain.getBytes('key'));
    }
    for (const bytes of [[0xc1], [0xc1, 1, 1, 2, 3, 4, 5], [0xc1, 2, 0, 0, 0, 0], [0xff], []]) {
      cache.setBytes('bytes', Uint8Array.from(bytes));
      expect([...cache.getBytes('bytes')!]).toEqual(bytes);
    }
  });

  it('work at every size of the store', async () => {
    for (const maxBytes of [64 * 1024, MIB, 300 * MIB]) {
      const cache = open({ maxBytes });
      for (let n = 0; n < 3000; n++) {
        cache.set(`image ${n}`, image(n));
        expect(cache.stats().heldBytes).toBeLessThanOrEqual(cache.stats().budgetBytes);
      }
      await until(() => cache.stats().dictionaryTrainings > 0);
      cache.set('last', { ...image(1), large: 'x'.repeat(1000) });
      expect(cache.get('last')).toEqual({ ...image(1), large: 'x'.repeat(1000) });
      cache.resize(64 * 1024);
      cache.set('after', image(2));
      const found = cache.get('after');
      if (found !== undefined) expect(found).toEqual(image(2));
      expect(cache.stats().heldBytes).toBeLessThanOrEqual(cache.stats().budgetBytes);
    }
  });

  it('may be of several MiB', async () => {
    const cache = open({ maxBytes: 64 * MIB });
    await train(cache);
    const large = { images: Array.from({ length: 3000 }, (_, n) => image(n)) };
    expect(cache.set('large', large)).toBe(true);
    expect(cache.get('large')).toEqual(large);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  it('may be of 16 MB, or are refused where that does not fit', async () => {
    const cache = open({ maxBytes: 128 * MIB });
    await train(cache);
    const large = {
      ...image(1),
      texts: Array.from({ length: 160 }, (_, n) => `${n}`.repeat(50_000)),
    };
    expect(JSON.stringify(large).length).toBeGreaterThan(16e6);
    expect(cache.set('large', large)).toBe(true);
    expect(isDeepStrictEqual(cache.get('large'), large)).toBe(true);
    const bytes = incompressible(16_000_000);
    expect(cache.set('random', { ...image(2), bytes })).toBe(true);
    expect((cache.get('random') as { bytes: Buffer }).bytes.equals(bytes)).toBe(true);
    const small = open({ maxBytes: 4 * MIB });
    await train(small);
    expect(small.set('random', { ...image(2), bytes })).toBe(false);
    expect(small.stats()).toMatchObject({ rejections: 1, undecodableValues: 0 });
  });

  it('are refused where they are nested deeper than any stack, and bytes like that do no harm', async () => {
    const cache = open();
    await train(cache);
    let deep: unknown = image(1);
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(() => cache.set('deep', deep)).toThrow(EncodeError);
    expect(() => cache.set('deep', { ...image(1), deep })).toThrow(EncodeError);
    const bytes = Buffer.alloc(10_000_001, 0x91);
    bytes[10_000_000] = 1;
    for (const size of [10_001, bytes.length]) {
      cache.setBytes('deep', bytes.subarray(bytes.length - size));
      expect(cache.getBytes('deep')).toHaveLength(size);
      for (const read of [
        () => cache.get('deep'),
        () => cache.get('deep', { fields: ['a'] }),
        () => cache.getJson('deep'),
      ]) {
        // A stack that is deep enough may read it.
        try {
          expect(read()).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
    expect(cache.get('training 1')).toEqual(image(1));
  });

  it(`come back equal, of real metadata${dataNote}`, async ({ skip }) => {
    if (dataFolder === undefined) return skip();
    const lines = readFileSync(join(dataFolder, 'corpus/real.ndjson'), 'utf8').trim().split('\n');
    const cache = open({ maxBytes: 64 * MIB });
    const half = lines.length >> 1;
    for (const [i, line] of lines.slice(0, half).entries()) cache.set(`${i}`, JSON.parse(line));
    await until(() => cache.stats().dictionaryTrainings > 0);
    for (const [i, line] of lines.entries()) cache.set(`${i}`, JSON.parse(line));
    for (const [i, line] of lines.entries()) expect(cache.get(`${i}`)).toEqual(JSON.parse(line));
    expect(cache.stats()).toMatchObject({ hits: lines.length, misses: 0, undecodableValues: 0 });
  });

  it('can be read by caches that store their own values plainly, and the reverse', async () => {
    const compact = open({ name: 'both forms' });
    const plain = open({ name: 'both forms', codec: 'msgpack' });
    await train(compact);
    compact.set('of compact', image(1));
    plain.set('of plain', image(2));
    expect(plain.get('of compact')).toEqual(image(1));
    expect(compact.get('of plain')).toEqual(image(2));
  });
});

describe('compact values on disk', () => {
  it('are read by the next process, which needs no training', async () => {
    await withTempFolder(async (folder) => {
      const disk = { dir: `${folder}/cache`, maxBytes: 8 * MIB };
      const first = open({ disk });
      await train(first);
      for (let n = 0; n < 100; n++) first.set(`image ${n}`, image(n));
      await first.flush();
      first.close();
      const script = `
        const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20, disk: ${JSON.stringify(disk)} });
        const found = Array.from({ length: 100 }, (_, n) => cache.get('image ' + n)?.FileName);
        cache.set('next', { ...cache.get('image 7'), FileName: 'next' });
        const { dictionaries, dictionaryTrainings, undecodableValues } = cache.stats();
        console.log(JSON.stringify({ found, dictionaries, dictionaryTrainings, undecodableValues }));
        cache.close();`;
      const { stdout, stderr } = await runScript(script);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual({
        found: Array.from({ length: 100 }, (_, n) => `IMG_${n}.JPG`),
        dictionaries: 1,
        dictionaryTrainings: 0,
        undecodableValues: 0,
      });
    });
  });

  it('are misses where their dictionary is gone, and dictionaries are no keys', async () => {
    await withTempFolder(async (folder) => {
      const disk = { dir: `${folder}/cache`, maxBytes: 8 * MIB };
      const cache = open({ disk });
      await train(cache);
      cache.set('image', image(1));
      await cache.flush();
      expect([...cache.keys()].filter((key) => !key.startsWith('training'))).toEqual(['image']);
      cache.clear();
      cache.set('image', image(2));
      await cache.flush();
      cache.close();
      const again = open({ disk });
      expect(again.get('image')).toEqual(image(2));
      expect(again.stats()).toMatchObject({ dictionaries: 1, undecodableValues: 0 });
    });
  });
});

describe('threads and processes with compact values', () => {
  interface PeerOutcome {
    wrong: unknown[];
    reads: number;
    trainings: number;
  }
  const seconds = sized(60, 4);

  function startThread(options: ArenaCacheOptions, seed: number): Promise<PeerOutcome> {
    const workerData = [packageUrl, seconds, seed, JSON.stringify(options)];
    return once(new Worker(peerFile, { workerData }), 'message').then(([outcome]) => outcome);
  }

  async function runProcess(options: ArenaCacheOptions, seed: number): Promise<PeerOutcome> {
    const args = [fileURLToPath(peerFile), packageUrl, `${seconds}`, `${seed}`];
    const { stdout, stderr } = await runNode([...args, JSON.stringify(options)]);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  it('read only values that were written for their key, while dictionaries are trained', async () => {
    await withTempFolder(async (folder) => {
      const seed = testSeed();
      const store: ArenaCacheOptions = { maxBytes: 4 * MIB, ebb: false, name: 'compact peers' };
      const onDisk = { ...store, disk: { dir: `${folder}/cache`, maxBytes: 8 * MIB } };
      const threads = Array.from({ length: sized(8, 4) }, (_, i) => startThread(store, seed + i));
      const processes = Array.from({ length: 2 }, (_, i) => runProcess(onDisk, seed + 10 + i));
      const outcomes = await Promise.all([...threads, ...processes]);
      for (const { wrong, reads } of outcomes) {
        expect(wrong).toEqual([]);
        expect(reads).toBeGreaterThan(100);
      }
      // The threads share their trainings; a process may begin with the dictionary of the other one.
      expect(outcomes[0]!.trainings).toBeGreaterThan(1);
    });
  }, 180_000);
});
