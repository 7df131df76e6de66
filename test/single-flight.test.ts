import { describe, expect, it, vi } from 'vitest';
import { SingleFlight } from '../lib/cache/single-flight.js';
import { deferred } from './helpers/deferred.js';

describe('SingleFlight', () => {
  it('runs the work once for all who ask at the same time', async () => {
    const flights = new SingleFlight<number>();
    const { promise, resolve } = deferred<number>();
    const work = vi.fn(() => promise);
    const all = Array.from({ length: 1000 }, () => flights.run('key', 'v', work));
    resolve(7);
    expect(await Promise.all(all)).toEqual(Array(1000).fill(7));
    expect(work).toHaveBeenCalledTimes(1);
    await flights.run('key', 'v', work);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('keeps keys apart', async () => {
    const flights = new SingleFlight<string>();
    const run = (key: string) => flights.run(key, 'v', async () => key);
    expect(await Promise.all([run('a'), run('b'), run('__proto__')])).toEqual([
      'a',
      'b',
      '__proto__',
    ]);
  });

  it('gives a rejection to all, and works anew afterwards', async () => {
    const flights = new SingleFlight<number>();
    const error = new Error('no');
    const failing = [1, 2, 3].map(() => flights.run('key', 'v', () => Promise.reject(error)));
    for (const { reason } of (await Promise.allSettled(failing)) as PromiseRejectedResult[]) {
      expect(reason).toBe(error);
    }
    expect(await flights.run('key', 'v', async () => 5)).toBe(5);
  });

  it('lets one stop waiting without harm to the others', async () => {
    const flights = new SingleFlight<number>();
    const { promise, resolve } = deferred<number>();
    const leaver = new AbortController();
    let shared: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      shared = signal;
      return promise;
    };
    const left = flights.run('key', 'v', work, leaver.signal);
    const stays = flights.run('key', 'v', work);
    const reason = new Error('left');
    leaver.abort(reason);
    await expect(left).rejects.toBe(reason);
    expect(shared?.aborted).toBe(false);
    resolve(3);
    expect(await stays).toBe(3);
    expect(shared?.aborted).toBe(false);
  });

  it('aborts the work when nobody waits, and lets nobody join it', async () => {
    const flights = new SingleFlight<number>();
    const signals: AbortSignal[] = [];
    const work = vi.fn((signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('work was aborted')));
      });
    });
    const leavers = [new AbortController(), new AbortController()];
    const waiting = leavers.map(({ signal }) => flights.run('key', 'v', work, signal));
    leavers[0]!.abort();
    await expect(waiting[0]).rejects.toThrow('aborted');
    expect(signals[0]?.aborted).toBe(false);
    leavers[1]!.abort();
    await expect(waiting[1]).rejects.toThrow('aborted');
    expect(signals[0]?.aborted).toBe(true);
    expect(await flights.run('key', 'v', async () => 9)).toBe(9);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('does not start for a signal that has aborted already', async () => {
    const work = vi.fn(async () => 1);
    await expect(new SingleFlight().run('key', 'v', work, AbortSignal.abort())).rejects.toThrow();
    expect(work).not.toHaveBeenCalled();
  });

  it('leaves no listener on a caller’s signal', async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await new SingleFlight<number>().run('key', 'v', async () => 1, signal);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe('what is under way', () => {
  it('is not joined by those who ask for a later version, and knows it', async () => {
    const flights = new SingleFlight<string>();
    const { promise, resolve } = deferred<string>();
    let earlierIsCurrent = () => true;
    const earlier = flights.run('key', '1', (_, isCurrent) => {
      earlierIsCurrent = isCurrent;
      return promise;
    });
    expect(earlierIsCurrent()).toBe(true);
    expect(await flights.run('key', '2', async () => 'later')).toBe('later');
    expect(earlierIsCurrent()).toBe(false);
    resolve('earlier');
    expect(await earlier).toBe('earlier');
  });

  it('is not joined any more once it is forgotten', async () => {
    const flights = new SingleFlight<string>();
    const { promise, resolve } = deferred<string>();
    const earlier = flights.run('key', '1', () => promise);
    flights.forget('key');
    expect(await flights.run('key', '1', async () => 'later')).toBe('later');
    resolve('earlier');
    expect(await earlier).toBe('earlier');
  });
});
