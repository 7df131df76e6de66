// Tests the hit ratios of the real store by traces: exact LRU is exact, and S3-FIFO is better.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { dataFolder, dataNote } from './helpers/truth.js';

const CACHE_BYTES = 2 * 1024 * 1024;

interface Request {
  key: number;
  size: number;
}

interface Result {
  policy: string;
  same: { objectHitRatio: number; payloadBytes: number };
  reference?: number;
  exactLru?: number;
}

/** Generates a Zipf distribution over 8000 keys, with occasional scans of keys that are requested once. */
function zipfAndScans(): Request[] {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const sizeOf = (key: number) => 200 + ((Math.imul(key, 2654435761) >>> 0) % 3800);
  const requests: Request[] = [];
  let scanned = 8000;
  while (requests.length < 60_000) {
    const scan = random() < 0.0002 ? 1000 : 0;
    const key = Math.floor(8000 ** random()) - 1;
    requests.push({ key, size: sizeOf(key) });
    for (let i = 0; i < scan; i++, scanned++) {
      requests.push({ key: scanned, size: sizeOf(scanned) });
    }
  }
  return requests;
}

/** A Map keeps the order of insertion: the first is the least recently used. */
function exactLruHitRatio(requests: Request[], cacheBytes: number): number {
  const cache = new Map<number, number>();
  let [held, hits] = [0, 0];
  for (const { key, size } of requests) {
    if (cache.delete(key)) hits++;
    else held += size;
    cache.set(key, size);
    for (const [oldest, bytes] of cache) {
      if (held <= cacheBytes) break;
      cache.delete(oldest);
      held -= bytes;
    }
  }
  return hits / requests.length;
}

async function replay(...args: string[]): Promise<Result[]> {
  return withTempFolder(async (folder) => {
    const json = join(folder, 'results.json');
    const script = join(import.meta.dirname, '..', 'bench', 'traces.mjs');
    const { code, stderr } = await runNode([script, ...args, '--json', json]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(readFileSync(json, 'utf8'));
  });
}

function points(a: number | undefined, b: number | undefined): number {
  return 100 * (a! - b!);
}

describe('a trace of popular keys and scans', () => {
  it('has the hit ratio of exact LRU with lru, and a better one with s3fifo', async () => {
    const requests = zipfAndScans();
    const exact = exactLruHitRatio(requests, CACHE_BYTES);
    const results = await withTempFolder(async (folder) => {
      const file = join(folder, 'trace.txt');
      writeFileSync(file, requests.map(({ key, size }) => `${key} ${size}\n`).join(''));
      return replay(file, '--bytes', String(CACHE_BYTES));
    });
    const [lru, s3fifo] = results;
    expect(results.map(({ policy }) => policy)).toEqual(['lru', 's3fifo']);
    expect(lru!.same.payloadBytes / CACHE_BYTES).toBeCloseTo(1, 3);
    expect(Math.abs(points(lru!.same.objectHitRatio, exact))).toBeLessThan(0.3);
    expect(points(s3fifo!.same.objectHitRatio, exact)).toBeGreaterThan(3);
  });

  it('is refused where a line is malformed', async () => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'trace.txt');
      writeFileSync(file, '1 100\nnot a request\n');
      const { code, stderr } = await runNode(['bench/traces.mjs', file]);
      expect(code).not.toBe(0);
      expect(stderr).toContain("Line 2 of trace is not 'key size': not a request");
    });
  });
});

describe(`a real trace${dataNote}`, () => {
  it.runIf(dataFolder)('has the hit ratios of its references', { timeout: 180_000 }, async () => {
    const file = join(dataFolder!, 'traces', 'arc-p3-ext.gz');
    const results = await replay(file, '--share', '0.02');
    expect(results).toHaveLength(2);
    for (const { policy, same, reference, exactLru } of results) {
      const difference = points(same.objectHitRatio, reference);
      if (policy === 'lru') expect(Math.abs(difference)).toBeLessThan(0.3);
      else {
        expect(points(same.objectHitRatio, exactLru)).toBeGreaterThan(3);
        expect(difference).toBeGreaterThan(-0.3);
      }
    }
  });
});
