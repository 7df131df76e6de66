// Tests that the sets and deletes of one tier reach the server in the order of the calls.

import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RemoteTier } from '../lib/tiers/remote-tier.js';
import { made } from './helpers/redis-libraries.js';
import { OtherServer, type RedisServer, sharedRedis, whyNoRedis } from './helpers/redis-server.js';
import { Tiers, urlVariants, variants } from './helpers/redis-tiers.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
if (reason !== undefined)
  console.log(`Skipped, the order of writes to a Redis server: there is ${reason}.`);

vi.mock(import('../lib/tiers/redis/clients.js'), async (importOriginal) => {
  const { byLibrary } = await import('./helpers/redis-libraries.js');
  return byLibrary(await importOriginal());
});

const MINUTE = 60_000;
const PATIENT = { timeoutMs: 5000 };
const tiers = new Tiers();
const servers: { end(): Promise<void> }[] = [];
afterEach(async () => {
  tiers.end();
  await Promise.all(servers.splice(0).map((server) => server.end()));
});

function set(tier: RemoteTier, value: string): void {
  expect(tier.set('a', Buffer.from(value), MINUTE)).toBe(true);
}

/** The calls of one turn, and the value that remains; '' for none. */
const turns: [string, (tier: RemoteTier) => void, string][] = [
  ['set, delete', (tier) => [set(tier, 'old'), tier.delete(['b', 'a'])], ''],
  ['set, clear', (tier) => [set(tier, 'old'), tier.clear()], ''],
  ['set, set', (tier) => [set(tier, 'old'), set(tier, 'new')], 'new'],
  ['delete, set', (tier) => [tier.delete(['a']), set(tier, 'new')], 'new'],
  ['clear, set', (tier) => [tier.clear(), set(tier, 'new')], 'new'],
  ['delete, set, delete', (tier) => [tier.delete(['a']), set(tier, 'old'), tier.delete(['a'])], ''],
  ['set, delete, set', (tier) => [set(tier, 'old'), tier.delete(['a']), set(tier, 'new')], 'new'],
  ['set, clear, set', (tier) => [set(tier, 'old'), tier.clear(), set(tier, 'new')], 'new'],
];

const shared = sharedRedis(reason !== undefined);
let server: RedisServer;
beforeEach(() => {
  server = shared();
});

describe.skipIf(reason !== undefined).each(variants)('a Redis tier by $name', (variant) => {
  beforeEach(() => {
    made.library = variant.library;
  });

  async function expectValue(tier: RemoteTier, value: string) {
    await tier.flush();
    expect(await server.cli('get', 'ebbcache:a')).toBe(value);
    expect(String((await tier.get('a')) ?? '')).toBe(value);
    expect(tier.stats()).toMatchObject({ errors: 0, dropped: 0 });
  }

  it.each(turns)('stores the result of "%s" when it is connected', async (_, act, value) => {
    const { tier } = await tiers.startConnected(variant, server.url, PATIENT);
    // A sweep has several steps to do.
    await server.cli('eval', "for i = 1, 2000 do redis.call('set', 'ebbcache:' .. i, '') end", '0');
    act(tier);
    await expectValue(tier, value);
  });

  it.each(turns)('stores the result of "%s" while it connects', async (_, act, value) => {
    const { tier } = tiers.start(variant, server.url, PATIENT);
    act(tier);
    await expectValue(tier, value);
  });

  it('gets the latest value that was set before', async () => {
    const { tier } = await tiers.startConnected(variant, server.url, PATIENT);
    set(tier, 'old');
    set(tier, 'new');
    expect(String(await tier.get('a'))).toBe('new');
  });

  it('deletes more keys at once than may be postponed, and nothing else', async () => {
    const { tier } = await tiers.startConnected(variant, server.url, PATIENT);
    set(tier, 'kept');
    tier.delete(Array.from({ length: 10_001 }, (_, i) => `key ${i}`));
    await expectValue(tier, 'kept');
  });

  it('deletes the value of a set that timed out and was executed late', async () => {
    const { tier } = await tiers.startConnected(variant, server.url, {
      timeoutMs: 50,
      retryAfterMs: 100,
      failureThreshold: 1000,
    });
    server.hang();
    set(tier, 'old');
    await tier.flush();
    expect(tier.stats()).toMatchObject({ writes: 0, dropped: 1 });
    tier.delete(['a']);
    await tier.flush();
    server.goOn();
    await until(async () => {
      expect(await tier.get('a')).toBeUndefined();
      return (await server.cli('info', 'commandstats')).includes('cmdstat_unlink');
    });
    expect(await server.cli('get', 'ebbcache:a')).toBe('');
    expect(await tier.get('a')).toBeUndefined();
  });
});

describe.skipIf(reason !== undefined).each(urlVariants)('a Redis tier by $name', (variant) => {
  it('deletes again a value whose set overtook its deletion by a lost connection', async () => {
    made.library = variant.library;
    const held: (() => void)[] = [];
    let holds = false;
    const proxy = await OtherServer.start((socket: Socket) => {
      const upstream = connect(server.port, '127.0.0.1');
      upstream.on('error', () => {}).on('data', (data) => socket.write(data));
      socket.on('data', (data) => {
        if (holds && data.includes('\r\nold\r\n')) {
          // The connection breaks while the sent bytes are still on their way.
          held.push(() => void upstream.write(data));
          socket.destroy();
        } else {
          upstream.write(data);
        }
      });
    });
    servers.push(proxy);
    const options = { timeoutMs: 500, retryAfterMs: 500 };
    const { tier } = await tiers.startConnected(variant, proxy.url, options);
    holds = true;
    set(tier, 'old');
    tier.delete(['a']);
    const hasRun = async (command: string) =>
      (await server.cli('info', 'commandstats')).includes(`cmdstat_${command}:`);
    await until(() => hasRun('unlink'));
    for (const send of held) send();
    await until(() => hasRun('set'));
    await until(async () => {
      expect(await tier.get('a')).toBeUndefined();
      return (await server.cli('exists', 'ebbcache:a')) === '0';
    });
    expect(held).toHaveLength(1);
  });
});

describe.each(urlVariants.filter(({ library }) => library.startsWith('ioredis')))(
  'a Redis tier by $name',
  (variant) => {
    it('discards what is on its way when it abandons a connection', async () => {
      const ends: unknown[] = [];
      const deaf = await OtherServer.start((socket: Socket) => {
        socket.on('error', ({ message }) => ends.push(message));
        socket.on('end', () => ends.push('read to its end'));
        socket.resume();
      });
      servers.push(deaf);
      tiers.start(variant, deaf.url, { timeoutMs: 50, retryAfterMs: 50 });
      await until(() => ends.length > 0);
      expect(ends[0]).toContain('ECONNRESET');
    });
  },
);
