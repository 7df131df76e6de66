// Tests that pending writes are finished when a process or a worker ends in any way but by force.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AdvancedMetadataCache, ArenaCache } from '../lib/index.js';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const MIB = 1024 * 1024;

const prelude = (folder: string) => `
  import { AdvancedMetadataCache, ArenaCache } from ${JSON.stringify(packageUrl)};
  const folder = ${JSON.stringify(folder)};
  const disk = { dir: folder + '/values', maxBytes: ${16 * MIB} };
  const values = new ArenaCache({ maxBytes: ${MIB}, disk });
  const records = new AdvancedMetadataCache({ cacheDir: folder + '/records', validate: 'none' });
  for (let i = 0; i < 500; i++) {
    values.set('key ' + i, { i, text: 'x'.repeat(2000) });
    records.put('/file/' + i, { i });
  }
  records.get('/file/1');
`;

const inWorker = (script: string) => `
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  const source = ${JSON.stringify(script)};
  const url = new URL('data:text/javascript,' + encodeURIComponent(source));
  const [code] = await once(new Worker(url), 'exit');
  process.exitCode = code;
`;

const endings: [string, (script: string) => string, number][] = [
  ['process.exit', (script) => `${script} process.exit(3);`, 3],
  ['the end of all work', (script) => script, 0],
  [
    'shutdown and close',
    (script) => `${script} values.close(); records.shutdown(); process.exit(3);`,
    3,
  ],
  [
    'an error',
    (script) => `${script} process.on('uncaughtException', () => process.exit(4)); throw 1;`,
    4,
  ],
  ["the end of a worker's work", (script) => inWorker(script), 0],
  ["a worker's process.exit", (script) => inWorker(`${script} process.exit(5);`), 5],
  [
    'process.exit while others are flushed',
    (script) => `${script} void values.flush(); void records.flush(); process.exit(3);`,
    3,
  ],
];

describe('a disk tier after the end of its process', () => {
  it.each(endings)('holds what was put before %s', async (_, scriptOf, expected) => {
    await withTempFolder(async (folder) => {
      const script = scriptOf(prelude(folder));
      const { code, signal, stderr } = await runNode(['--input-type=module', '--eval', script]);
      expect({ code, signal, stderr }).toEqual({ code: expected, signal: null, stderr: '' });
      using values = new ArenaCache({
        maxBytes: MIB,
        disk: { dir: join(folder, 'values'), maxBytes: 16 * MIB },
      });
      using records = new AdvancedMetadataCache({
        cacheDir: join(folder, 'records'),
        validate: 'none',
      });
      for (let i = 0; i < 500; i++) {
        expect(values.get(`key ${i}`)).toEqual({ i, text: 'x'.repeat(2000) });
        expect(records.get(`/file/${i}`)).toEqual({ i });
      }
    });
  });

  it('holds the counters too', async () => {
    await withTempFolder(async (folder) => {
      for (const ending of ['process.exit(0);', '']) {
        const outcome = await runNode(['--input-type=module', '--eval', prelude(folder) + ending]);
        expect(outcome).toMatchObject({ code: 0, stderr: '' });
      }
      const command = new URL('../dist/cli/main.js', import.meta.url).pathname;
      const { stdout } = await runNode([
        command,
        'stats',
        '--json',
        '--cache-dir',
        join(folder, 'records'),
      ]);
      expect(JSON.parse(stdout)).toMatchObject({
        diskEntries: 500,
        cacheWrites: 1000,
        memoryHits: 2,
      });
    });
  });
});
