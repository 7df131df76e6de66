// Tests examples/lru-cache-service: the two versions of the service differ in few lines, and answer alike.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'examples', 'lru-cache-service');
const versions = ['with-lru-cache.mjs', 'with-ebbcache.mjs'] as const;
type Version = (typeof versions)[number];

const children: ChildProcess[] = [];
/** The ids that the upstream was asked for, by version. */
const asked: Record<string, string[]> = {};
let upstream: Server;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    const [, version, , id] = (request.url as string).split('/').map(decodeURIComponent);
    asked[version as string]?.push(id as string);
    if (id === 'never') return;
    if (id === 'missing') response.statusCode = 404;
    if (id === 'broken') response.statusCode = 500;
    const images = id === 'bare' ? [] : [{ url: `/images/${id}.jpg` }];
    response.end(JSON.stringify({ title: `Title of ${id}`, price: 9.5, images, updated: 0 }));
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});

afterAll(async () => {
  for (const child of children) child.kill();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

/** Starts the service and resolves to its address. */
async function start(version: Version, timeoutMs: number): Promise<string> {
  asked[version] = [];
  const { port } = upstream.address() as AddressInfo;
  const child = spawn(process.execPath, [join(folder, version)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: '0',
      UPSTREAM: `http://127.0.0.1:${port}/${version}`,
      UPSTREAM_TIMEOUT_MS: String(timeoutMs),
    },
  });
  children.push(child);
  const [address] = await once(createInterface(child.stdout), 'line');
  return address;
}

async function request(address: string, method: string, path: string) {
  const response = await fetch(address + path, { method });
  const type = response.headers.get('content-type');
  return [response.status, type, await response.json()];
}

/** Sends the same requests to either version, and resolves to its answers and what it asked of the upstream. */
async function conversation(version: Version) {
  const address = await start(version, 60_000);
  const get = (path: string) => request(address, 'GET', path);
  const answers = {
    atOnce: await Promise.all(Array.from({ length: 20 }, () => get('/products/m31'))),
    again: await get('/products/m31'),
    otherIds: [await get('/products/bare'), await get('/products/ngc%2F7000%20%C3%BC')],
    failures: [await get('/products/missing'), await get('/products/missing')],
    broken: await get('/products/broken'),
    statsBefore: await get('/stats'),
    forgotten: [
      await request(address, 'DELETE', '/products/m31'),
      await request(address, 'DELETE', '/products/m31'),
      await get('/products/m31'),
    ],
    elsewhere: [await get('/products'), await request(address, 'PUT', '/products/m31')],
    stats: await get('/stats'),
  };
  return { answers, asked: asked[version] };
}

describe('the example lru-cache-service', () => {
  it('changes its import and at most five other lines', () => {
    const [before, after] = versions.map((version) =>
      readFileSync(join(folder, version), 'utf8').split('\n'),
    ) as [string[], string[]];
    const kept = commonLines(before, after);
    expect(before.length).toBeGreaterThan(70);
    expect(before.length - kept).toBeGreaterThan(0);
    expect(Math.max(before.length, after.length) - kept).toBeLessThanOrEqual(6);
  });

  it('gives the same answers to the same requests', { timeout: 120_000 }, async () => {
    const [lru, ours] = [await conversation(versions[0]), await conversation(versions[1])];
    expect(ours).toEqual(lru);
    const product = { id: 'm31', title: 'Title of m31', price: 9.5 };
    expect(ours.answers.again).toEqual([
      200,
      'application/json',
      { ...product, updated: new Date(0).toISOString(), thumbnail: '/images/m31.jpg' },
    ]);
    const [m31, bare, other] = ['m31', 'bare', 'ngc/7000 ü'];
    expect(ours.asked).toEqual([m31, bare, other, 'missing', 'missing', 'broken', m31]);
    const { stats, forgotten } = ours.answers;
    expect(stats[2]).toMatchObject({ requests: 27, loads: 7, entries: 3 });
    expect(forgotten.map(([status]) => status)).toEqual([200, 404, 200]);
  });

  it.each(versions)('in %s stops waiting for an upstream that does not answer', async (version) => {
    const address = await start(version, 50);
    expect(await request(address, 'GET', '/products/never')).toEqual([
      504,
      'application/json',
      { error: 'The upstream did not answer in time.' },
    ]);
  });
});

/** Returns how many lines a diff leaves as they are: the length of the longest common subsequence. */
function commonLines(one: string[], other: string[]): number {
  let above = new Array<number>(other.length + 1).fill(0);
  for (const line of one) {
    const row = [0];
    for (const [i, candidate] of other.entries()) {
      const here = line === candidate ? above[i]! + 1 : Math.max(above[i + 1]!, row[i]!);
      row.push(here);
    }
    above = row;
  }
  return above.at(-1)!;
}
