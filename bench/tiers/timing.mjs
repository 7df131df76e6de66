// The duration of single calls, in microseconds. A call that returns a promise ends when that resolves.

import { performance } from 'node:perf_hooks';

/**
 * Times `operate` on each of the inputs, one after the other; throws when it returns anything but `found`.
 */
export async function timeEach(inputs, operate, found) {
  const times = new Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const started = performance.now();
    let value = operate(inputs[i]);
    if (value instanceof Promise) value = await value;
    times[i] = (performance.now() - started) * 1000;
    if ((value !== undefined) !== found) throw new Error(found ? 'A miss.' : 'A hit.');
  }
  return times;
}

export function quantiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}
