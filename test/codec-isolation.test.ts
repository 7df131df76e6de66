import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runScript, silentSuccess } from './helpers/run-script.js';

const msgpackr = pathToFileURL(createRequire(import.meta.url).resolve('msgpackr'));

describe('the codec next to other modules of a process', () => {
  // A decoder that all threads share could change while another thread decodes with it.
  it('runs no native code except that of this package', async () => {
    const { stdout, ...outcome } = await runScript(`
      const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20 });
      cache.set('key', { list: [...'abc'], text: 'v'.repeat(500), at: new Date(), id: 2n ** 65n });
      cache.get('key');
      console.log(JSON.stringify(process.report.getReport().sharedObjects));
    `);
    expect({ stdout: '', ...outcome }).toEqual(silentSuccess);
    const addons = (JSON.parse(stdout) as string[]).filter((file) => file.endsWith('.node'));
    expect(addons.map((file) => basename(file))).toEqual(['ebbcache.node']);
  });

  it("decodes what it encoded next to an application's msgpackr", async () => {
    const outcome = await runScript(`
      import assert from 'node:assert';
      import { addExtension, unpack } from 'msgpackr';
      import { setExtractor } from ${JSON.stringify(new URL('../unpack.js', msgpackr).href)};
      // It finds the wrong strings, as msgpackr-extract does while its table is being filled.
      setExtractor(() => Array(100).fill('wrong'));
      for (let type = 1; type < 0x80; type++) addExtension({ type, read: () => 'theirs' });
      assert.deepStrictEqual(unpack(Buffer.from([0xd4, 0x7d, 0, 0x90])), 'theirs');

      const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20 });
      const values = [
        { key: 'key7', length: 0x1a5, text: 'v'.repeat(0x1a5) },
        { 'a key of more bytes than a short one has': ['one', 'two', 'three'.repeat(100)] },
        new Map([['map', new Set(['set'])]]),
        [new RangeError('out of range').message, 2n ** 70n, /expression/u, new Float32Array(3)],
      ];
      cache.setMany(values.map((value, i) => ['key' + i, value]));
      values.forEach((value, i) => assert.deepStrictEqual(cache.get('key' + i), value));
    `);
    expect(outcome).toEqual(silentSuccess);
  });
});
