// Runs flights in a worker on request, and posts their outcomes: { id, event, ... }.

import { setMaxListeners } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';

const { flightUrl, scope, starts } = workerData;
const { SingleFlight } = await import(flightUrl);
const { native } = await import(new URL('../native/addon.js', flightUrl));
const counter = new Int32Array(starts);
const flights = new SingleFlight({
  scope,
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()),
});
const runs = new Map();

const post = (id, event, content) => parentPort.postMessage({ id, event, ...content });

const calls = {
  /** Starts `calls` calls at once, whose work continues until it is settled or aborted. */
  run({ id, key, version, calls }) {
    const run = { leaver: new AbortController() };
    runs.set(id, run);
    setMaxListeners(calls, run.leaver.signal);
    const work = (signal, isCurrent) => {
      Atomics.add(counter, 0, 1);
      run.isCurrent = isCurrent;
      return new Promise((resolve, reject) => {
        Object.assign(run, { resolve, reject });
        signal.addEventListener('abort', () => {
          post(id, 'aborted');
          reject(signal.reason);
        });
        post(id, 'started');
      });
    };
    for (let i = 0; i < calls; i++) {
      flights.run(key, version, work, run.leaver.signal).then(
        (value) => post(id, 'settled', { value }),
        ({ name, message, code }) => post(id, 'settled', { error: { name, message, code } }),
      );
    }
    post(id, 'joined');
  },
  resolve: ({ id, value }) => runs.get(id).resolve(value),
  reject: ({ id, message, code }) =>
    runs.get(id).reject(Object.assign(new Error(message), { code })),
  abort: ({ id }) => runs.get(id).leaver.abort(),
  close: ({ message }) => flights.close(new Error(message)),
  ask: ({ id }) => post(id, 'answer', { isCurrent: runs.get(id).isCurrent() }),
  forget({ id, key }) {
    if (key === undefined) flights.forgetAll();
    else flights.forget(key);
    post(id, 'forgotten');
  },
  /** Fails as the addon does where there is no memory for a copy of the result. */
  failLandings() {
    native.completeFlight = () => {
      throw Object.assign(new Error('refused'), { code: 'ERR_EBBCACHE_MEMORY' });
    };
  },
  exit: () => process.exit(),
  throw: () => {
    throw new Error('uncaught');
  },
};

parentPort.on('message', (message) => calls[message.call](message));
