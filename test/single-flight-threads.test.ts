// Tests one flight for all threads of a scope. Threads end at any moment in 50 rounds with EBBCACHE_FULL=1, or else
// in 15.

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FlightRun, FlightThread, flightUrl, StartCount } from './helpers/flight-thread.js';
import { sized } from './helpers/full-size.js';
import { runNode, silentSuccess } from './helpers/run-script.js';
import { testSeed } from './helpers/test-seed.js';

let starts: StartCount;
let threads: FlightThread[];

function startThread(scope?: string): FlightThread {
  const thread = new FlightThread(starts, scope);
  threads.push(thread);
  return thread;
}

/** Starts threads that all wait for the first one's work. */
async function startFlight(count: number, callsEach = 1) {
  const leader = startThread();
  const lead = await leader.run({ calls: callsEach });
  const followers = Array.from({ length: count - 1 }, () => startThread());
  const follows = await Promise.all(followers.map((thread) => thread.run({ calls: callsEach })));
  return { leader, lead, followers, follows };
}

const allSettled = async (runs: FlightRun[]) =>
  (await Promise.all(runs.map((run) => run.settled))).flat();

beforeEach(() => {
  starts = new StartCount();
  threads = [];
});

afterEach(async () => {
  await Promise.all(threads.map((thread) => thread.end()));
});

describe('a flight of four threads', () => {
  it('runs the work once for 1000 calls', async () => {
    const { lead, follows } = await startFlight(4, 250);
    lead.resolve({ n: 7 });
    expect(await allSettled([lead, ...follows])).toEqual(Array(1000).fill({ value: { n: 7 } }));
    expect(starts.value).toBe(1);
  });

  it('passes a rejection to all, and runs the work again afterwards', async () => {
    const { lead, followers, follows } = await startFlight(4, 3);
    lead.reject('no', 'ERR_MINE');
    const error = { name: 'Error', message: 'no', code: 'ERR_MINE' };
    expect(await allSettled([lead, ...follows])).toEqual(Array(12).fill({ error }));
    const anew = await followers[0]!.run();
    await anew.started;
    anew.resolve(5);
    expect(await anew.settled).toEqual([{ value: 5 }]);
    expect(starts.value).toBe(2);
  });

  it.each(['terminate', 'exit', 'throw'] as const)(
    'is taken over by another thread when the one that runs it ends by: %s',
    async (how) => {
      const { leader, follows } = await startFlight(4);
      await leader.end(how);
      const heir = await Promise.race(follows.map((run) => run.started.then(() => run)));
      heir.resolve('by the heir');
      expect(await allSettled(follows)).toEqual(Array(3).fill({ value: 'by the heir' }));
      expect(starts.value).toBe(2);
    },
  );

  it.each(['value', 'rejection'] as const)(
    'is taken over by another thread when there is no memory to pass on a %s',
    async (what) => {
      const { leader, lead, follows } = await startFlight(3);
      leader.tell({ call: 'failLandings' });
      if (what === 'value') lead.resolve(1);
      else lead.reject('no', 'ERR_MINE');
      const error = { name: 'Error', message: 'no', code: 'ERR_MINE' };
      expect(await lead.settled).toEqual([what === 'value' ? { value: 1 } : { error }]);
      const heir = await Promise.race(follows.map((run) => run.started.then(() => run)));
      heir.resolve('by the heir');
      expect(await allSettled(follows)).toEqual(Array(2).fill({ value: 'by the heir' }));
      expect(starts.value).toBe(2);
    },
  );

  it('continues without a thread that waited', async () => {
    const { lead, followers, follows } = await startFlight(3);
    await followers[0]!.end();
    lead.resolve(1);
    expect(await allSettled([lead, follows[1]!])).toEqual(Array(2).fill({ value: 1 }));
    expect(starts.value).toBe(1);
  });
});

describe('a caller whose signal aborts', () => {
  it('does not end the work that another thread waits for', async () => {
    const { lead, follows } = await startFlight(2);
    lead.abort();
    expect(await lead.settled).toMatchObject([{ error: { name: 'AbortError' } }]);
    lead.resolve('for the other');
    expect(await follows[0]!.settled).toEqual([{ value: 'for the other' }]);
    expect(starts.value).toBe(1);
  });

  it('ends it when it is the last caller, in any thread', async () => {
    const { lead, follows } = await startFlight(3);
    for (const run of [lead, ...follows]) {
      run.abort();
      expect(await run.settled).toMatchObject([{ error: { name: 'AbortError' } }]);
    }
    await lead.aborted;
    expect(starts.value).toBe(1);
  });

  it('ends it when the other callers end with their threads', async () => {
    const { lead, followers } = await startFlight(3);
    lead.abort();
    await lead.settled;
    await Promise.all(followers.map((thread) => thread.end()));
    await lead.aborted;
    expect(starts.value).toBe(1);
  });
});

describe('work in flight in another thread', () => {
  it.each([
    ['its key', 'key'],
    ['all keys', undefined],
  ])('is not joined after a call of forget for %s', async (_, key) => {
    const { leader, lead, followers, follows } = await startFlight(2);
    expect(await lead.isCurrent()).toBe(true);
    await followers[0]!.forget(key);
    expect(await lead.isCurrent()).toBe(false);
    const later = await leader.run();
    await later.started;
    expect(await later.isCurrent()).toBe(true);
    lead.resolve('earlier');
    expect(await allSettled([lead, follows[0]!])).toEqual(Array(2).fill({ value: 'earlier' }));
    const joins = await followers[0]!.run();
    later.resolve('later');
    expect(await allSettled([later, joins])).toEqual(Array(2).fill({ value: 'later' }));
    expect(starts.value).toBe(2);
  });

  it('is not joined by callers with a later version, and is no longer current', async () => {
    const { lead, followers, follows } = await startFlight(2);
    const later = await followers[0]!.run({ version: '2' });
    await later.started;
    expect(await lead.isCurrent()).toBe(false);
    later.resolve('later');
    expect(await later.settled).toEqual([{ value: 'later' }]);
    lead.resolve('earlier');
    expect(await allSettled([lead, follows[0]!])).toEqual(Array(2).fill({ value: 'earlier' }));
  });

  it('is not joined by callers of another scope', async () => {
    const { lead } = await startFlight(1);
    const stranger = startThread('other');
    const own = await stranger.run();
    await own.started;
    await stranger.forget();
    expect(await lead.isCurrent()).toBe(true);
    own.resolve('own');
    lead.resolve('lead');
    expect(await allSettled([lead, own])).toEqual([{ value: 'lead' }, { value: 'own' }]);
  });
});

describe('threads that terminate at any moment', () => {
  it('leave no caller pending, and no broken state', async () => {
    const script = fileURLToPath(new URL('./helpers/terminate-flights.mjs', import.meta.url));
    const total = sized(50, 15);
    const args = [script, flightUrl, String(testSeed()), String(total)];
    const { stdout, ...outcome } = await runNode(args);
    expect(outcome).toEqual({ code: 0, signal: null, stderr: '' });
    const { errors, rounds, settled } = JSON.parse(stdout);
    expect(errors).toEqual([]);
    expect(rounds).toBe(total);
    expect(settled).toBeGreaterThan(total);
  });
});

describe('a process with flights', () => {
  /** Scripts have flights of a scope, and a thread that works on one and does not keep the process alive. */
  const prelude = `
    import { Worker } from 'node:worker_threads';
    import { once } from 'node:events';
    const codec = {
      scope: 'scope',
      encode: (value) => Buffer.from(JSON.stringify(value)),
      decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
    };
    const { SingleFlight } = await import('${flightUrl}');
    const flights = new SingleFlight(codec);
    async function startWork(ms) {
      const source = \`
        import { parentPort } from 'node:worker_threads';
        import { SingleFlight } from '${flightUrl}';
        const flights = new SingleFlight({ scope: 'scope', encode: (value) => Buffer.from(value) });
        flights.run('key', 'v', () => new Promise((resolve) => {
          setTimeout(resolve, \${ms}, '"result"');
        }));
        parentPort.postMessage('joined');\`;
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));
      await once(worker, 'message');
      worker.unref();
    }
    const never = () => { throw new Error('not mine to do'); };`;
  const run = (script: string) => runNode(['--input-type=module', '--eval', prelude + script]);

  it('ends by itself when they are over', async () => {
    const script = `
      await flights.run('key', 'v', async () => 1);
      await startWork(50);
      if (await flights.run('key', 'v', never) !== 'result') throw new Error('another');`;
    expect(await run(script)).toEqual(silentSuccess);
  });

  it('does not end before work that it waits for in another thread', async () => {
    const script = `
      await startWork(300);
      flights.run('key', 'v', never).then((value) => console.log(value));`;
    expect(await run(script)).toEqual({ ...silentSuccess, stdout: 'result\n' });
  });

  it('ends when its callers do not wait any more', async () => {
    const script = `
      await startWork(3_600_000);
      const leaver = new AbortController();
      const run = flights.run('key', 'v', never, leaver.signal);
      leaver.abort();
      await run.catch((error) => console.log(error.name));`;
    expect(await run(script)).toEqual({ ...silentSuccess, stdout: 'AbortError\n' });
  });

  it('ends by process.exit while threads wait for each other', async () => {
    const script = `
      await startWork(3_600_000);
      flights.run('key', 'v', never);
      flights.run('other', 'v', () => new Promise(() => {}));
      process.exit();`;
    expect(await run(script)).toEqual(silentSuccess);
  });
});
