// Replays a trace through a real store: a miss is followed by a put, unless the value is larger
// than the size of the cache in question.

import { native } from '../../dist/native/addon.js';

/** The number of samples of the payload in a replay. */
const SAMPLES = 4096;

let buffer;
useBuffer(1024 * 1024);

/** Values are written from this buffer and read to it: their contents do not matter. */
function useBuffer(bytes) {
  buffer = Buffer.alloc(bytes);
  native.setReadBuffer(buffer);
  native.setWriteBuffer(buffer);
}

/**
 * Returns hit ratios, 0 to 1, and `payloadBytes`: the mean of the bytes of values held, sampled
 * from the first eviction on, or at the end where there was none. `bypassAbove` is the size, in
 * bytes, of the largest value that is put.
 */
export function replay(trace, { maxBytes, policy, bypassAbove = maxBytes }) {
  if (trace.largest > buffer.length) useBuffer(trace.largest);
  const store = new native.Store({
    maxBytes,
    policy,
    maxEntries: 0,
    ttl: 0,
    name: '',
    ebb: false,
    minBytes: 0,
  });
  try {
    return run(store, trace, bypassAbove);
  } finally {
    store.close();
  }
}

function run(store, { requests, sizes, keys, keyBytes }, bypassAbove) {
  const spacing = Math.ceil(requests.length / SAMPLES);
  let [hits, hitBytes, allBytes, samples, sampled] = [0, 0, 0, 0, 0];
  for (let i = 0; i < requests.length; i++) {
    const key = keys[requests[i]];
    const size = sizes[i];
    allBytes += size;
    if (native.get(store.id, key) >= 0) {
      hits++;
      hitBytes += size;
    } else if (size <= bypassAbove) {
      native.set(store.id, key, size);
    }
    if (i % spacing === 0) {
      const stats = store.stats();
      if (stats.evictions > 0) {
        samples++;
        sampled += stats.payloadBytes - stats.entries * keyBytes;
      }
    }
  }
  const { payloadBytes, entries, evictions } = store.stats();
  return {
    objectHitRatio: hits / requests.length,
    byteHitRatio: hitBytes / allBytes,
    payloadBytes: samples > 0 ? sampled / samples : payloadBytes - entries * keyBytes,
    full: evictions > 0,
  };
}
