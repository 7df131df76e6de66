// Tests what a tier postpones while the server is away: deletions, and those of values that were not written.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RemoteTier } from '../lib/tiers/remote-tier.js';
import { type RedisServer, sharedRedis, whyNoRedis } from './helpers/redis-server.js';
import { Tiers, variants } from './helpers/redis-tiers.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
if (reason !== undefined)
  console.log(`Skipped, what is owed to a Redis server: there is ${reason}.`);

vi.mock(import('../lib/tiers/redis/clients.js'), async (importOriginal) => {
  const { byLibrary } = await import('./helpers/redis-libraries.js');
  return byLibrary(await importOriginal());
});

const MINUTE = 60_000;
const OPTIONS = { timeoutMs: 100, retryAfterMs: 200, failureThreshold: 3 };
const MIB = 1024 * 1024;

const shared = sharedRedis(reason !== undefined);

describe.skipIf(reason !== undefined).each(variants)('a Redis tier by $name', (variant) => {
  const tiers = new Tiers();
  let server: RedisServer;
  beforeEach(() => {
    server = shared();
  });
  afterEach(() => tiers.end());

  const isGone = async () => (await server.cli('exists', 'ebbcache:a')) === '0';

  async function startWithOld(options = {}) {
    const started = await tiers.startConnected(variant, server.url, { ...OPTIONS, ...options });
    started.tier.set('a', Buffer.from('old'), MINUTE);
    await started.tier.flush();
    expect(await server.cli('get', 'ebbcache:a')).toBe('old');
    return started;
  }

  /** Waits until the server has no value for the key; this process never finds the old one meanwhile. */
  async function untilGone(tier: RemoteTier) {
    await until(async () => {
      expect(String(await tier.get('a'))).not.toBe('old');
      return isGone();
    });
    expect(await tier.get('a')).toBeUndefined();
  }

  /** Fails gets until the tier skips the server. */
  async function untilSkipped(tier: RemoteTier, failures: Error[]) {
    await until(async () => {
      await tier.get('other');
      return failures.length > 0;
    });
  }

  it('leaves no older value where the queue is full', async () => {
    const { tier } = await startWithOld({ maxPendingBytes: 100_000 });
    expect(tier.set('a', Buffer.alloc(200_000), MINUTE)).toBe(false);
    await untilGone(tier);
  });

  it('leaves no older value where the new one is too large', async () => {
    const { tier } = await startWithOld({ maxPendingBytes: 64 * MIB });
    expect(tier.set('a', Buffer.alloc(16 * MIB + 1), MINUTE)).toBe(false);
    await untilGone(tier);
  });

  it('leaves no older value where a full server refuses the new one', async () => {
    const { tier } = await startWithOld({ timeoutMs: 5000, retryAfterMs: 5000 });
    await server.cli('config', 'set', 'maxmemory', '1');
    expect(tier.set('a', Buffer.from('new'), MINUTE)).toBe(true);
    expect(await tier.get('a')).toBeUndefined();
    await tier.flush();
    expect(await tier.get('a')).toBeUndefined();
    expect(await server.cli('exists', 'ebbcache:a')).toBe('0');
  });

  it('leaves no older value where a read-only server refuses the new one', async () => {
    const { tier } = await startWithOld();
    await server.cli('config', 'set', 'replica-serve-stale-data', 'yes');
    await server.cli('replicaof', '127.0.0.1', '1');
    expect(tier.set('a', Buffer.from('new'), MINUTE)).toBe(true);
    await tier.flush();
    expect(await tier.get('a')).toBeUndefined();
    expect(await server.cli('get', 'ebbcache:a')).toBe('old');
    await server.cli('replicaof', 'no', 'one');
    // The key is deleted without another request.
    await until(isGone);
  });

  it('leaves no older value where it skips the new one, without another request', async () => {
    const { tier, failures } = await startWithOld();
    server.hang();
    await untilSkipped(tier, failures);
    expect(tier.set('a', Buffer.from('new'), MINUTE)).toBe(false);
    expect(await tier.get('a')).toBeUndefined();
    server.goOn();
    await until(isGone);
  });

  it('leaves no older value where the write of the new one fails later', async () => {
    const { tier } = await startWithOld();
    server.hang();
    expect(tier.set('a', Buffer.from('new'), MINUTE)).toBe(true);
    await tier.flush();
    expect(tier.stats()).toMatchObject({ writes: 1, dropped: 1 });
    server.goOn();
    await untilGone(tier);
  });

  it('notifies others of invalidations, even long postponed ones, and not of lost values', async () => {
    const other = tiers.start(variant, server.url, OPTIONS);
    const { tier, failures } = await startWithOld();
    const isHeard = async () =>
      (await server.cli('pubsub', 'numsub', 'ebbcache:invalidate')).endsWith('\n2');
    await until(isHeard);
    server.hang();
    await untilSkipped(tier, failures);
    tier.set('a', Buffer.from('new'), MINUTE);
    tier.delete(['b']);
    await sleep(OPTIONS.retryAfterMs);
    server.goOn();
    // This process sends nothing; the other one may have to subscribe again first.
    await until(async () => {
      if (other.invalidated.length > 0) return true;
      if ((await isHeard()) && (await isGone())) tier.delete(['b']);
      return false;
    });
    await until(isGone);
    expect(new Set(other.invalidated.flat())).toEqual(new Set(['b']));
  });

  it('executes a postponed clear without another request', async () => {
    const { tier, failures } = await startWithOld();
    server.hang();
    await untilSkipped(tier, failures);
    tier.clear();
    server.goOn();
    await until(async () => (await server.cli('dbsize')) === '0');
  });

  it('leaves none of many values that it could not send', async () => {
    const patience = { timeoutMs: 5000, retryAfterMs: 5000 };
    const { tier } = await startWithOld({ ...patience, maxPendingBytes: 1000 });
    await server.cli(
      'eval',
      "for i = 0, 19999 do redis.call('set', 'ebbcache:' .. i, '') end",
      '0',
    );
    for (let i = 0; i < 20_000; i++) tier.set(String(i), Buffer.alloc(2000), MINUTE);
    await tier.flush();
    expect(await server.cli('keys', '*')).toBe('ebbcache:a');
    expect(tier.stats()).toMatchObject({ dropped: 20_000, errors: 0 });
  });

  it('receives invalidations again after the server has been away', async () => {
    const one = await tiers.startConnected(variant, server.url, OPTIONS);
    const other = await tiers.startConnected(variant, server.url, OPTIONS);
    await server.kill();
    await until(() => one.failures.length > 0 && other.failures.length > 0);
    // Several attempts to connect are refused.
    await sleep(300);
    await server.start();
    await until(() => {
      one.tier.delete(['a']);
      return other.invalidated.length > 0;
    });
    expect(other.invalidated[0]).toEqual(['a']);
  });
});
