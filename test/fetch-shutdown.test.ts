// Tests extractions that are in flight when their cache is shut down.

import { describe, expect, it, vi } from 'vitest';
import { ClosedError, type Metadata } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';
import { FakeRemote, FakeServer } from './helpers/fake-remote.js';
import { FlightThread, StartCount } from './helpers/flight-thread.js';

const caches = new Caches();

/** Starts an extraction that continues until it is aborted, whatever its signal says. */
function endless() {
  const signals: AbortSignal[] = [];
  const result = deferred<Metadata>();
  const extract = vi.fn((_: string, signal: AbortSignal) => {
    signals.push(signal);
    return result.promise;
  });
  return { signals, extract, ...result };
}

describe('the shutdown of a cache', () => {
  it.each(['stat', 'content', 'none'] as const)(
    'aborts extractions, and rejects their callers: %s',
    async (validate) => {
      const cache = caches.make({ validate });
      const { signals, extract, resolve } = endless();
      const fetches = [1, 2].map(() => cache.fetch(caches.file, extract));
      // No caller joins this extraction any more, but it is aborted too.
      cache.invalidateFile(caches.file);
      fetches.push(cache.fetch(caches.file, extract));
      await vi.waitFor(() => expect(signals).toHaveLength(2));
      cache.shutdown();
      for (const signal of signals) {
        expect(signal.aborted).toBe(true);
        expect(signal.reason).toBeInstanceOf(ClosedError);
      }
      for (const fetched of fetches) await expect(fetched).rejects.toThrow(ClosedError);
      resolve({ late: true });
      await new Promise(setImmediate);
      expect(caches.make({ validate }).get(caches.file)).toBeUndefined();
      expect(caches.logger.warn).not.toHaveBeenCalled();
    },
  );

  it('ends warmCache with a ClosedError', async () => {
    const cache = caches.make();
    const { extract, signals } = endless();
    const warmed = cache.warmCache([caches.file], extract as never);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    cache.shutdown();
    await expect(warmed).rejects.toThrow(ClosedError);
  });

  it('ends an extraction behind a stale record without an error', async () => {
    const cache = caches.make({ cacheTtlHours: 1, staleWhileRevalidateSeconds: 60 });
    cache.put(caches.file, { n: 1 });
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_601_000);
    const { extract, signals, reject } = endless();
    expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
    cache.shutdown();
    expect(signals[0]!.aborted).toBe(true);
    reject(signals[0]!.reason);
    await new Promise(setImmediate);
    expect(caches.logger.warn).not.toHaveBeenCalled();
  });

  it('starts no extraction once the remote has answered', async () => {
    const remote = new FakeRemote(new FakeServer());
    const answer = deferred<undefined>();
    remote.get = () => answer.promise;
    const cache = caches.make({ remote });
    const extract = vi.fn(() => ({}));
    const fetched = cache.fetch(caches.file, extract);
    cache.shutdown();
    answer.resolve(undefined);
    await expect(fetched).rejects.toThrow(ClosedError);
    await new Promise(setImmediate);
    expect(extract).not.toHaveBeenCalled();
  });

  it('may be called by the extraction itself', async () => {
    const cache = caches.make();
    const extract = () => {
      cache.shutdown();
      return { n: 1 };
    };
    await expect(cache.fetch(caches.file, extract)).rejects.toThrow(ClosedError);
  });
});

describe('a flight that is closed in one thread', () => {
  it('is run by another thread that waits for it', async () => {
    const starts = new StartCount();
    const threads = [new FlightThread(starts), new FlightThread(starts)];
    try {
      const lead = await threads[0]!.run({ calls: 3 });
      await lead.started;
      const follow = await threads[1]!.run();
      threads[0]!.tell({ call: 'close', message: 'closed here' });
      expect(await lead.settled).toMatchObject(
        Array(3).fill({ error: { message: 'closed here' } }),
      );
      await lead.aborted;
      await follow.started;
      follow.resolve('there');
      expect(await follow.settled).toEqual([{ value: 'there' }]);
      expect(starts.value).toBe(2);
    } finally {
      await Promise.all(threads.map((thread) => thread.end()));
    }
  });

  it('continues in the thread that runs it', async () => {
    const starts = new StartCount();
    const threads = [new FlightThread(starts), new FlightThread(starts)];
    try {
      const lead = await threads[0]!.run();
      await lead.started;
      const follow = await threads[1]!.run();
      threads[1]!.tell({ call: 'close', message: 'closed there' });
      expect(await follow.settled).toMatchObject([{ error: { message: 'closed there' } }]);
      lead.resolve('here');
      expect(await lead.settled).toEqual([{ value: 'here' }]);
      expect(starts.value).toBe(1);
    } finally {
      await Promise.all(threads.map((thread) => thread.end()));
    }
  });
});
