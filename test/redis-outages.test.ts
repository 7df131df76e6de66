// Tests a Redis that is slow, absent, hanging, restarting or not a Redis: what it costs, and that it recovers.

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { redisTier } from '../lib/tiers/redis/redis-tier.js';
import type { RemoteTier } from '../lib/tiers/remote-tier.js';
import { made } from './helpers/redis-libraries.js';
import { OtherServer, RedisServer, sharedRedis, whyNoRedis } from './helpers/redis-server.js';
import { type StartedTier, Tiers, variants } from './helpers/redis-tiers.js';
import { runNode, silentSuccess } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
if (reason !== undefined)
  console.log(`Skipped, the outages of a Redis server: there is ${reason}.`);

vi.mock(import('../lib/tiers/redis/clients.js'), async (importOriginal) => {
  const { byLibrary } = await import('./helpers/redis-libraries.js');
  return byLibrary(await importOriginal());
});

const MINUTE = 60_000;
const OPTIONS = { timeoutMs: 100, retryAfterMs: 300, failureThreshold: 3 };
/** Only a get that waits without an answer takes this long, ms. */
const SLOW = OPTIONS.timeoutMs * 0.9;

const tiers = new Tiers();
const shared = sharedRedis(reason !== undefined);
const servers: { end(): Promise<void> }[] = [];
afterEach(async () => {
  tiers.end();
  await Promise.all(servers.splice(0).map((server) => server.end()));
});

function toEnd<T extends { end(): Promise<void> }>(server: T): T {
  servers.push(server);
  return server;
}

/** Returns how many of `count` gets, one after the other, waited without an answer. None may reject. */
async function slowGets(tier: RemoteTier, count: number): Promise<number> {
  let slow = 0;
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    const found = await tier.get('a');
    if (found === undefined && performance.now() - begin >= SLOW) slow++;
  }
  return slow;
}

/** A value is found again after its set, with one failure and one recovery reported. */
async function expectRecovery({ tier, failures, ...started }: StartedTier) {
  await until(async () => {
    tier.set('a', Buffer.from('x'), MINUTE);
    await tier.flush();
    return (await tier.get('a')) !== undefined;
  });
  expect(failures).toHaveLength(1);
  expect(failures[0]).toMatchObject({
    code: 'ERR_EBBCACHE_REMOTE',
    message: expect.stringMatching(/^The Redis tier cannot be used and is skipped until it can: ./),
  });
  return started;
}

describe.skipIf(reason !== undefined).each(variants)('a Redis tier by $name', (variant) => {
  beforeEach(() => {
    made.library = variant.library;
  });

  it('connects to a server that starts late', async () => {
    const server = toEnd(await RedisServer.absent());
    const started = tiers.start(variant, server.url, OPTIONS);
    const { tier, failures } = started;
    expect(await slowGets(tier, 100)).toBeLessThanOrEqual(OPTIONS.failureThreshold);
    await until(() => failures.length > 0);
    expect(tier.set('a', Buffer.from('x'), MINUTE)).toBe(false);
    expect(tier.stats()).toMatchObject({ connected: false, hits: 0, writes: 0 });
    expect(tier.stats().skipped).toBeGreaterThan(90);
    expect(failures[0]?.message).toContain('ECONNREFUSED');
    await server.start();
    await expectRecovery(started);
    expect(started.recoveries).toBe(1);
  });

  it('has a bounded number of slow gets when its server restarts under load', async () => {
    const server = shared();
    const started = await tiers.startConnected(variant, server.url, OPTIONS);
    const { tier, failures } = started;
    let slow = 0;
    const work = async () => {
      tier.set('b', Buffer.alloc(1000), MINUTE);
      const each = await Promise.all([slowGets(tier, 20), slowGets(tier, 20)]);
      slow += each[0] + each[1];
      await sleep(1);
    };
    await work();
    const killed = server.kill();
    await until(async () => {
      await work();
      return failures.length > 0;
    });
    await killed;
    for (let i = 0; i < 20; i++) await work();
    await server.start();
    await until(async () => {
      await work();
      return started.recoveries > 0;
    });
    await expectRecovery(started);
    // Two gets run at a time: one more may be in flight when the tier stops, and one retry may fail.
    expect(slow).toBeLessThanOrEqual(OPTIONS.failureThreshold + 2);
  });

  it('stops asking a server that hangs after a number of gets, and tries it again', async () => {
    const server = shared();
    const started = await tiers.startConnected(variant, server.url, OPTIONS);
    const { tier, failures } = started;
    server.hang();
    // Gets that begin together are slow together.
    const together = await Promise.all(Array.from({ length: 10 }, () => slowGets(tier, 20)));
    const slow = together.reduce((sum, each) => sum + each);
    expect(slow).toBeGreaterThan(0);
    // All may be in flight when the threshold of failures in a row is reached, and one more may retry.
    expect(slow).toBeLessThanOrEqual(10 + (OPTIONS.failureThreshold - 1) + 1);
    expect(failures).toHaveLength(1);
    expect(tier.stats().skipped).toBeGreaterThan(150);
    await tier.flush();
    // When the time has come, one get retries; the others do not wait for it.
    await sleep(OPTIONS.retryAfterMs + 20);
    const again = await Promise.all(Array.from({ length: 20 }, () => slowGets(tier, 1)));
    expect(again.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(1);
    server.goOn();
    await expectRecovery(started);
  });

  it('does not bring back keys that were invalidated while the server was away', async () => {
    const server = shared();
    const started = await tiers.startConnected(variant, server.url, OPTIONS);
    const { tier } = started;
    for (const key of ['a', 'b', 'c']) tier.set(key, Buffer.from('old'), MINUTE);
    await tier.flush();
    server.hang();
    await slowGets(tier, 10);
    tier.delete(['b']);
    server.goOn();
    await until(async () => {
      // The request that retries would find it.
      expect(await tier.get('b')).toBeUndefined();
      return (await tier.get('c')) !== undefined;
    });
    expect(await tier.get('b')).toBeUndefined();
    await tier.flush();
    expect(await server.cli('exists', 'ebbcache:b')).toBe('0');
    expect(await server.cli('exists', 'ebbcache:c')).toBe('1');
  });

  it('has a bounded queue while its server does not read', async () => {
    const server = shared();
    const options = { ...OPTIONS, maxPendingBytes: 100_000 };
    const { tier } = await tiers.startConnected(variant, server.url, options);
    server.hang();
    const taken = Array.from({ length: 1000 }, (_, i) =>
      tier.set(`key ${i}`, Buffer.alloc(1000), MINUTE),
    ).filter((isTaken) => isTaken);
    expect(taken.length).toBeGreaterThan(50);
    expect(taken.length).toBeLessThan(100);
    expect(tier.stats().dropped).toBe(1000 - taken.length);
    await tier.flush();
    expect(tier.stats()).toMatchObject({ writes: 0, dropped: 1000 });
    server.goOn();
    // The room of the dropped values is free again.
    await until(() => tier.set('a', Buffer.alloc(50_000), MINUTE));
  });

  it('skips a server that accepts connections and never answers', async () => {
    const server = toEnd(await OtherServer.start(() => {}));
    const { tier, failures } = tiers.start(variant, server.url, OPTIONS);
    expect(await slowGets(tier, 100)).toBeLessThanOrEqual(OPTIONS.failureThreshold + 1);
    expect(failures).toHaveLength(1);
    // 'connected' is not compared, because node-redis 5.0 sends nothing before it reports a connection.
    expect(tier.stats()).toMatchObject({ hits: 0, misses: 0 });
    tier.set('a', Buffer.from('x'), MINUTE);
    await tier.flush();
  });

  it('skips a server that answers invalid bytes', async () => {
    const garbage = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n$-7\r\n*99999999\r\n\0\xff');
    const server = toEnd(
      await OtherServer.start((socket) => void socket.on('data', () => socket.write(garbage))),
    );
    const { tier, failures } = tiers.start(variant, server.url, OPTIONS);
    expect(await slowGets(tier, 100)).toBeLessThanOrEqual(OPTIONS.failureThreshold + 1);
    await until(() => failures.length > 0);
    expect(tier.stats().hits).toBe(0);
  });

  it('skips a server that requires another password', async () => {
    const server = toEnd(await RedisServer.start('--requirepass', 'right'));
    const url = server.url.replace('//', '//:wrong@');
    const { tier, failures } = tiers.start(variant, url, OPTIONS);
    await until(() => failures.length > 0);
    expect(failures[0]?.message).toMatch(/WRONGPASS|NOAUTH/);
    expect(failures[0]?.message).not.toContain('wrong@');
    expect(await slowGets(tier, 100)).toBeLessThanOrEqual(OPTIONS.failureThreshold + 1);
    expect(tier.stats()).toMatchObject({ connected: false, hits: 0 });
  });

  it('continues unchanged when listeners throw', async () => {
    const server = toEnd(await RedisServer.absent());
    const { options, end } = variant.connect(server.url);
    const tier = redisTier({ ...options, ...OPTIONS });
    let told = 0;
    const fail = () => {
      told++;
      throw new Error('A listener failed.');
    };
    tier.start({ onFailure: fail, onRecovery: fail, onInvalidate: fail });
    await until(() => told === 1);
    await server.start();
    await until(async () => {
      await tier.get('a');
      return told === 2;
    });
    tier.close();
    end();
  });
});

/** Runs a script where only these libraries are installed next to this package. */
async function runWith(libraries: string[], script: string, url: string) {
  return withTempFolder(async (folder) => {
    const root = join(import.meta.dirname, '..');
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    mkdirSync(join(folder, 'node_modules'));
    for (const library of ['cockatiel', ...libraries]) {
      const target = join(root, 'node_modules', library);
      symlinkSync(target, join(folder, 'node_modules', library));
    }
    const entry = pathToFileURL(join(folder, 'dist', 'tiers', 'redis', 'index.js')).href;
    const source = `import { redisTier } from ${JSON.stringify(entry)};
      const tier = redisTier({ url: ${JSON.stringify(url)}, retryAfterMs: 3000 });
      tier.start({
        onFailure: (error) => console.log(error.message),
        onRecovery() {},
        onInvalidate() {},
      });
      ${script}`;
    return runNode(['--input-type=module', '--eval', source]);
  });
}

const USE = `
  tier.set('a', Buffer.from('found'), 60_000);
  await tier.flush();
  console.log(String(await tier.get('a')));`;

describe.skipIf(reason !== undefined).each(['ioredis', 'redis'])(
  'a process with %s that does not close its tier',
  (library) => {
    it('ends by itself', async () => {
      const outcome = await runWith([library], USE, shared().url);
      expect(outcome).toEqual({ ...silentSuccess, stdout: 'found\n' });
    });

    it('ends by itself when there is no server', async () => {
      const server = toEnd(await RedisServer.absent());
      const outcome = await runWith([library], USE, server.url);
      expect(outcome.stdout).toMatch(/ECONNREFUSED.*\nundefined\n$/);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
    });

    it('ends by itself when the server hangs', async () => {
      const server = shared();
      const stop = `process.kill(${server.pid}, 'SIGSTOP');`;
      const hung = await runWith([library], `${USE}${stop}${USE}`, server.url);
      expect(hung).toMatchObject({ code: 0, stderr: '' });
      expect(hung.stdout).toMatch(/^found\n(The Redis tier .*\n)?undefined\n/);
    });
  },
);

it('a Redis tier without a library says which to install', async () => {
  const outcome = await runWith([], USE, 'redis://127.0.0.1:1');
  expect(outcome).toEqual({
    ...silentSuccess,
    stdout:
      'A Redis tier made from a URL needs a client: install ioredis or redis beside ebbcache.\n' +
      'undefined\n',
  });
});
