// Hit ratios at the payload of a cache that counts values alone, so that policies are compared and
// not overheads: it finds the budget at which the store holds as many bytes of values.

import { replay } from './replay.mjs';

/** The minimum budget of a store: no smaller cache can be replayed. */
export const MIN_BYTES = 64 * 1024;
/** The difference, as a share, up to which a payload counts as equal. */
const SAME = 0.0001;
/**
 * The difference of two payloads or budgets, as a share, within which ratios are taken as linear: a
 * trace may have a cliff, where one percent of the bytes makes five points.
 */
const NEAR = 0.005;
/** Budgets are used by the page: between two that differ by less there is none. */
const PAGE_BYTES = 4096;
/**
 * The share by which a step goes further than in proportion, so that both sides of the payload are
 * seen.
 */
const STEP = 0.006;
const MAX_RUNS = 16;

/**
 * Returns `plain`, a replay at maxBytes = `cacheBytes`, and `same`, one at the `maxBytes` at which
 * the values held are `cacheBytes` on average. A store takes memory by the slab, so there is hardly
 * a budget of exactly that payload: `same` is interpolated between the nearest below and above.
 */
export function replayAtPayload(trace, policy, cacheBytes) {
  const at = (bytes) => {
    const maxBytes = Math.max(MIN_BYTES, Math.round(bytes));
    return { maxBytes, ...replay(trace, { maxBytes, policy, bypassAbove: cacheBytes }) };
  };
  const plain = at(cacheBytes);
  let run = plain;
  let below;
  let above;
  for (let runs = 1; runs < MAX_RUNS; runs++) {
    const missing = cacheBytes - run.payloadBytes;
    if (Math.abs(missing) <= SAME * cacheBytes || !run.full) return { plain, same: run };
    if (missing > 0) below = run;
    else above = run;
    if (below && above) {
      const apart = (name) => Math.abs(above[name] - below[name]);
      const enough = Math.max(NEAR * cacheBytes, PAGE_BYTES);
      if (apart('payloadBytes') <= NEAR * cacheBytes || apart('maxBytes') <= enough) {
        return { plain, same: between(below, above, cacheBytes) };
      }
      run = at(towards(below, above, cacheBytes, runs));
    } else {
      const further = Math.sign(missing) * STEP * cacheBytes;
      run = at((run.maxBytes * cacheBytes) / run.payloadBytes + further);
    }
  }
  throw new Error(
    `No budget near ${run.maxBytes} lets the store hold ${cacheBytes} bytes of ${trace.name}.`,
  );
}

/**
 * Returns a budget on the other side of the nearer run; every second time the middle, as steps may
 * not succeed.
 */
function towards(below, above, cacheBytes, runs) {
  if (runs % 2 === 1) return (below.maxBytes + above.maxBytes) / 2;
  const isBelowNearer = cacheBytes - below.payloadBytes < above.payloadBytes - cacheBytes;
  const aside = (isBelowNearer ? 0.4 : -0.4) * NEAR * cacheBytes;
  const wanted = between(below, above, cacheBytes).maxBytes + aside;
  return Math.min(Math.max(wanted, below.maxBytes), above.maxBytes);
}

function between(below, above, cacheBytes) {
  const share = (cacheBytes - below.payloadBytes) / (above.payloadBytes - below.payloadBytes);
  const mixed = Object.keys(below).filter((name) => typeof below[name] === 'number');
  return {
    ...below,
    ...Object.fromEntries(
      mixed.map((name) => [name, below[name] + share * (above[name] - below[name])]),
    ),
  };
}
