// Tests a healthy server on a slow link: writes must not delay reads.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RedisServer, sharedRedis, whyNoRedis } from './helpers/redis-server.js';
import { Tiers, urlVariants } from './helpers/redis-tiers.js';
import { SlowLink } from './helpers/slow-link.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
if (reason !== undefined)
  console.log(`Skipped, a Redis server on a slow link: there is ${reason}.`);

vi.mock(import('../lib/tiers/redis/clients.js'), async (importOriginal) => {
  const { byLibrary } = await import('./helpers/redis-libraries.js');
  return byLibrary(await importOriginal());
});

const MINUTE = 60_000;
const BYTES_PER_SECOND = 2_500_000;
const shared = sharedRedis(reason !== undefined);
const RECORD = Buffer.alloc(20_000, 'x');

describe.skipIf(reason !== undefined).each(urlVariants)('a Redis tier by $name', (variant) => {
  const tiers = new Tiers();
  let server: RedisServer;
  let link: SlowLink;
  beforeEach(async () => {
    server = shared();
    link = await SlowLink.start(server.port, BYTES_PER_SECOND);
  });
  afterEach(async () => {
    tiers.end();
    await link.end();
  });

  it('sends 500 records that are extracted 200 at once, and stays in use', async () => {
    // The link takes 1.6 s for 200 records.
    const { tier, failures } = await tiers.startConnected(variant, link.url, {
      timeoutMs: 1000,
      retryAfterMs: 60_000,
    });
    let next = 0;
    const work = async () => {
      for (let i = next++; i < 500; i = next++) {
        await tier.get(`key ${i}`);
        tier.set(`key ${i}`, RECORD, MINUTE);
      }
    };
    await Promise.all(Array.from({ length: 200 }, work));
    await tier.flush();
    expect(failures).toEqual([]);
    const { errors, ...stats } = tier.stats();
    expect(stats).toMatchObject({ connected: true, writes: 500, dropped: 0, skipped: 0 });
    // A busy machine may sometimes be slow itself.
    expect(errors).toBeLessThan(20);
    expect(await server.cli('dbsize')).toBe('500');
  });

  it('stays in use when a value takes longer than a get may take', async () => {
    const { tier, failures } = await tiers.startConnected(variant, link.url, {
      timeoutMs: 150,
      maxPendingBytes: 32 * 1024 * 1024,
    });
    tier.set('large', Buffer.alloc(2_000_000), MINUTE);
    let isWritten = false;
    const flushed = tier.flush().then(() => {
      isWritten = true;
    });
    let slow = 0;
    while (!isWritten) {
      const { errors } = tier.stats();
      await Promise.all([tier.get('a'), tier.get('b'), tier.get('c'), sleep(1)]);
      if (tier.stats().errors > errors) slow++;
    }
    await flushed;
    expect(failures).toEqual([]);
    // Gets that were sent together time out together; none after them waits.
    expect(slow).toBe(1);
    expect(tier.stats()).toMatchObject({ writes: 1, dropped: 0 });
    const { misses } = tier.stats();
    await until(async () => {
      await tier.get('a');
      return tier.stats().misses > misses;
    });
  });

  it('loses only what it has to when the link stops for a while, and continues', async () => {
    const { tier, failures } = await tiers.startConnected(variant, link.url, {
      timeoutMs: 150,
      retryAfterMs: 200,
    });
    tier.set('a', Buffer.from('old'), MINUTE);
    await tier.flush();
    link.isStopped = true;
    await until(async () => {
      tier.set('a', Buffer.from('new'), MINUTE);
      await tier.get('b');
      return failures.length > 0;
    });
    link.isStopped = false;
    await until(async () => {
      const found = await tier.get('a');
      expect(String(found)).not.toBe('old');
      tier.set('a', Buffer.from('newer'), MINUTE);
      return String(found) === 'newer';
    });
  });
});
