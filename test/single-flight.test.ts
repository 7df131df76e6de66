import { describe, expect, it, vi } from 'vitest';
import { SingleFlight, type SingleFlightOptions } from '../lib/flights/single-flight.js';
import { deferred } from './helpers/deferred.js';

describe('a SingleFlight', () => {
  it('runs the work once for all concurrent callers', async () => {
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

  it('keeps keys separate', async () => {
    const flights = new SingleFlight<string>();
    const run = (key: string) => flights.run(key, 'v', async () => key);
    expect(await Promise.all([run('a'), run('b'), run('__proto__')])).toEqual([
      'a',
      'b',
      '__proto__',
    ]);
  });

  it('passes a rejection to all, and runs the work again afterwards', async () => {
    const flights = new SingleFlight<number>();
    const error = new Error('no');
    const failing = [1, 2, 3].map(() => flights.run('key', 'v', () => Promise.reject(error)));
    for (const { reason } of (await Promise.allSettled(failing)) as PromiseRejectedResult[]) {
      expect(reason).toBe(error);
    }
    expect(await flights.run('key', 'v', async () => 5)).toBe(5);
  });

  it('lets one caller leave without an effect on the others', async () => {
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

  it('aborts the work when no caller waits, and lets none join it', async () => {
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

  it('does not start for a signal that has already aborted', async () => {
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

describe('work in flight', () => {
  it('is not joined by callers with a later version, and is no longer current', async () => {
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

  it('is not joined after a call of forget', async () => {
    const flights = new SingleFlight<string>();
    const { promise, resolve } = deferred<string>();
    const earlier = flights.run('key', '1', () => promise);
    flights.forget('key');
    expect(await flights.run('key', '1', async () => 'later')).toBe('later');
    resolve('earlier');
    expect(await earlier).toBe('earlier');
  });
});

/** Returns two that are as separate as those of two threads, except that they share the thread. */
function twoOfOneScope<T>(options?: Partial<SingleFlightOptions<T>>) {
  const all = { scope: 'shared', ...jsonCodec<T>(), ...options };
  return [new SingleFlight<T>(all), new SingleFlight<T>(all)] as const;
}

function jsonCodec<T>() {
  return {
    encode: (value: T) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString()),
  };
}

describe('two SingleFlights of one scope', () => {
  it('run the work once, and each get a copy of the result', async () => {
    const [one, two] = twoOfOneScope<{ n: number }>();
    const { promise, resolve } = deferred<{ n: number }>();
    const work = vi.fn(() => promise);
    const runs = [one, one, two, two].map((flights) => flights.run('key', 'v', work));
    const value = { n: 7 };
    resolve(value);
    const [first, second, third, fourth] = await Promise.all(runs);
    expect(first).toBe(value);
    expect(second).toBe(value);
    expect(third).toEqual(value);
    expect(third).not.toBe(value);
    expect(fourth).toBe(third);
    expect(work).toHaveBeenCalledTimes(1);
    await two.run('key', 'v', work);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('encode nothing that no other caller waits for', async () => {
    const encode = vi.fn();
    const [one] = twoOfOneScope<number>({ encode });
    await one.run('key', 'v', async () => 1);
    await expect(one.run('key', 'v', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(encode).not.toHaveBeenCalled();
  });

  it('distinguish keys that differ only in what UTF-8 cannot represent', async () => {
    const [one, two] = twoOfOneScope<string>();
    const run = (flights: SingleFlight<string>, key: string) =>
      flights.run(key, 'v', async () => JSON.stringify(key));
    expect(await Promise.all([run(one, '\ud800'), run(two, '\ufffd'), run(two, '')])).toEqual([
      '"\\ud800"',
      '"\ufffd"',
      '""',
    ]);
  });

  it('do not join those of another scope, or without one', async () => {
    const codec = jsonCodec<number>();
    const [one] = twoOfOneScope<number>();
    const others = [
      new SingleFlight<number>({ ...codec, scope: 'other' }),
      new SingleFlight(codec),
    ];
    const { promise, resolve } = deferred<number>();
    const waits = one.run('key', 'v', () => promise);
    for (const other of others) expect(await other.run('key', 'v', async () => 2)).toBe(2);
    for (const other of others) other.forgetAll();
    const joins = twoOfOneScope<number>()[0].run('key', 'v', async () => 3);
    resolve(1);
    expect(await Promise.all([waits, joins])).toEqual([1, 1]);
  });

  it('end work that throws before it returns a promise', async () => {
    const [one, two] = twoOfOneScope<number>();
    const work = () => {
      throw new Error('at once');
    };
    await expect(one.run('key', 'v', work)).rejects.toThrow('at once');
    expect(await two.run('key', 'v', async () => 1)).toBe(1);
  });

  it('let no caller join work after a call of forget in any of them', async () => {
    const [one, two] = twoOfOneScope<string>();
    const { promise, resolve } = deferred<string>();
    let earlierIsCurrent = () => true;
    const earlier = one.run('key', 'v', (_, isCurrent) => {
      earlierIsCurrent = isCurrent;
      return promise;
    });
    const waits = two.run('key', 'v', async () => 'not run');
    expect(earlierIsCurrent()).toBe(true);
    two.forget('key');
    expect(earlierIsCurrent()).toBe(false);
    for (const flights of [one, two]) {
      expect(await flights.run('key', 'v', async () => 'later')).toBe('later');
    }
    resolve('earlier');
    expect(await Promise.all([earlier, waits])).toEqual(['earlier', 'earlier']);
  });

  it('let no caller join work after a call of forgetAll', async () => {
    const [one, two] = twoOfOneScope<number>();
    const { promise, resolve } = deferred<number>();
    const earlier = ['a', 'b'].map((key) => one.run(key, 'v', () => promise));
    two.forgetAll();
    expect(await one.run('a', 'v', async () => 2)).toBe(2);
    expect(await two.run('b', 'v', async () => 3)).toBe(3);
    resolve(1);
    expect(await Promise.all(earlier)).toEqual([1, 1]);
  });

  it('end work in flight for a later version that any of them asks for', async () => {
    const [one, two] = twoOfOneScope<string>();
    const { promise, resolve } = deferred<string>();
    let earlierIsCurrent = () => true;
    const earlier = one.run('key', '1', (_, isCurrent) => {
      earlierIsCurrent = isCurrent;
      return promise;
    });
    expect(await two.run('key', '2', async () => 'later')).toBe('later');
    expect(earlierIsCurrent()).toBe(false);
    resolve('earlier');
    expect(await earlier).toBe('earlier');
  });
});

describe('work that others of the scope wait for', () => {
  /** The work continues until its signal aborts, or `resolve` is called. */
  function abortableWork() {
    const { promise, resolve, reject } = deferred<string>();
    const signals: AbortSignal[] = [];
    const work = vi.fn((signal: AbortSignal) => {
      signals.push(signal);
      signal.addEventListener('abort', () => reject(new Error('work was aborted')));
      return promise;
    });
    return { work, resolve, signals };
  }

  it('continues when no caller waits where it runs, and aborts with the last caller', async () => {
    const [one, two] = twoOfOneScope<string>();
    const { work, signals } = abortableWork();
    const leavers = [new AbortController(), new AbortController()];
    const runs = [
      one.run('key', 'v', work, leavers[0]!.signal),
      two.run('key', 'v', work, leavers[1]!.signal),
    ];
    leavers[0]!.abort();
    await expect(runs[0]).rejects.toThrow('aborted');
    expect(signals[0]?.aborted).toBe(false);
    leavers[1]!.abort();
    await expect(runs[1]).rejects.toThrow('aborted');
    await vi.waitUntil(() => signals[0]?.aborted);
    expect(await two.run('key', 'v', async () => 'anew')).toBe('anew');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('may be joined again where no caller waited any more', async () => {
    const [one, two] = twoOfOneScope<string>();
    const { work, resolve, signals } = abortableWork();
    const leavers = [new AbortController(), new AbortController()];
    const left = [one, two].map((flights, i) => flights.run('key', 'v', work, leavers[i]!.signal));
    leavers[0]!.abort();
    await expect(left[0]).rejects.toThrow('aborted');
    const again = one.run('key', 'v', work);
    leavers[1]!.abort();
    await expect(left[1]).rejects.toThrow('aborted');
    // The thread that works is notified in a later turn of the event loop.
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(signals[0]?.aborted).toBe(false);
    resolve('result');
    expect(await again).toBe('result');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('continues when a caller that only waits leaves', async () => {
    const [one, two] = twoOfOneScope<string>();
    const { work, resolve, signals } = abortableWork();
    const leaver = new AbortController();
    const stays = one.run('key', 'v', work);
    const left = two.run('key', 'v', work, leaver.signal);
    leaver.abort();
    await expect(left).rejects.toThrow('aborted');
    const joins = two.run('key', 'v', work);
    resolve('result');
    expect(await Promise.all([stays, joins])).toEqual(['result', 'result']);
    expect(signals[0]?.aborted).toBe(false);
    expect(work).toHaveBeenCalledTimes(1);
  });
});

describe('a rejection that is passed to others of the scope', () => {
  async function passedOn(reason: unknown): Promise<unknown> {
    const [one, two] = twoOfOneScope<number>();
    const { promise, reject } = deferred<number>();
    const runs = [one, two].map((flights) => flights.run('key', 'v', () => promise));
    reject(reason);
    const [first, second] = (await Promise.allSettled(runs)) as PromiseRejectedResult[];
    expect(first?.reason).toBe(reason);
    expect(await two.run('key', 'v', async () => 5)).toBe(5);
    return second?.reason;
  }

  it('has name, message, code, stack and causes', async () => {
    const root = Object.assign(new TypeError('root'), { code: 17 });
    const cause = new Error('between', { cause: root });
    const error = Object.assign(new RangeError('no', { cause }), { code: 'ERR_MINE' });
    const copy = (await passedOn(error)) as typeof error;
    expect(copy).not.toBe(error);
    expect(copy).toBeInstanceOf(RangeError);
    expect(copy).toMatchObject({ name: 'RangeError', message: 'no', code: 'ERR_MINE' });
    expect(copy.stack).toBe(error.stack);
    expect(copy.cause).toMatchObject({ name: 'Error', message: 'between', stack: cause.stack });
    const deepest = (copy.cause as Error).cause;
    expect(deepest).toBeInstanceOf(TypeError);
    expect(deepest).toMatchObject({ message: 'root', code: 17 });
  });

  it('has no code or cause where there was none', async () => {
    const copy = await passedOn(new Error('plain'));
    expect(Object.keys(copy as Error)).toEqual([]);
    expect('cause' in (copy as Error)).toBe(false);
  });

  it('has the name of a custom class, and of an abort', async () => {
    class MyError extends Error {
      override name = 'MyError';
    }
    expect(await passedOn(new MyError('mine'))).toMatchObject({ name: 'MyError', message: 'mine' });
    const abort = await passedOn(AbortSignal.abort().reason);
    expect(abort).toBeInstanceOf(Error);
    expect(abort).toMatchObject({ name: 'AbortError' });
  });

  it('may be a value that is not an Error', async () => {
    expect(await passedOn('text')).toBe('text');
    expect(await passedOn(undefined)).toBe(undefined);
    expect(await passedOn({ error: 'own' })).toEqual({ error: 'own' });
  });

  it('omits causes that cannot be passed on, and ends where they form a cycle', async () => {
    const copy = await passedOn(new Error('no', { cause: () => 1 }));
    expect(copy).toMatchObject({ message: 'no' });
    expect((copy as Error).cause).toBe(undefined);
    const round = new Error('round');
    round.cause = round;
    expect(((await passedOn(round)) as Error).cause).toMatchObject({ message: 'round' });
  });

  it('is replaced by an error that says so where it cannot be passed on', async () => {
    expect(await passedOn(() => 1)).toMatchObject({
      code: 'ERR_EBBCACHE_VALUE',
      message: expect.stringContaining("Another thread's work failed"),
    });
  });
});

describe('a result that cannot be passed on', () => {
  it('is returned to callers that need no encoding, and an error that says so to others', async () => {
    const encode = () => {
      throw new Error('Leave it out.');
    };
    const [one, two] = twoOfOneScope<number>({ encode });
    const { promise, resolve } = deferred<number>();
    const work = vi.fn(() => promise);
    const runs = [one, two].map((flights) => flights.run('key', 'v', work));
    resolve(7);
    expect(await runs[0]).toBe(7);
    await expect(runs[1]).rejects.toMatchObject({
      code: 'ERR_EBBCACHE_VALUE',
      message: "The result of another thread's work cannot be passed on to this one: Leave it out.",
      cause: { message: 'Leave it out.' },
    });
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('causes a rejection with what decode throws', async () => {
    const decode = () => {
      throw new Error('not decoded');
    };
    const [one, two] = twoOfOneScope<number>({ decode });
    const { promise, resolve } = deferred<number>();
    const runs = [one, two].map((flights) => flights.run('key', 'v', () => promise));
    resolve(7);
    expect(await runs[0]).toBe(7);
    await expect(runs[1]).rejects.toThrow('not decoded');
  });
});
