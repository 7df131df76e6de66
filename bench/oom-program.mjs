// The program of demo-oom.mjs, which prints a line of JSON at intervals:
//   node oom-program.mjs ebbcache|lru-cache     in a memory group, or it may take gigabytes

import { writeSync } from 'node:fs';
import { ArenaCache } from 'ebbcache';
import { LRUCache } from 'lru-cache';
import { keyOf, metadataRecords } from './records.mjs';

const MAX_BYTES = 1024 ** 3;
const RECORDS = 150_000;
const BUFFERS = 1_000_000;
const BUFFER_BYTES = 600;

const caches = {
  ebbcache: () => {
    const cache = new ArenaCache({ maxBytes: MAX_BYTES });
    return {
      put: (key, value) => cache.set(key, value),
      held: () => ({ entries: cache.size, bytes: cache.stats().heldBytes }),
    };
  },
  'lru-cache': () => {
    const cache = new LRUCache({ maxSize: MAX_BYTES });
    return {
      // The size of an object is estimated by the bytes of its JSON.
      put: (key, value, bytes) => cache.set(key, value, { size: key.length + bytes }),
      held: () => ({ entries: cache.size, bytes: cache.calculatedSize }),
    };
  },
};

const texts = metadataRecords().records.map((record) => JSON.stringify(record));
const cache = caches[process.argv[2]]();
let puts = 0;

function put(value, bytes) {
  cache.put(keyOf(puts), value, bytes);
  puts++;
  // The line is written synchronously, because the next put may be the last.
  if (puts % 1000 === 0) writeSync(1, `${JSON.stringify({ puts, ...cache.held() })}\n`);
}

for (let i = 0; i < RECORDS; i++) {
  const text = texts[i % texts.length];
  put(JSON.parse(text), Buffer.byteLength(text));
}
for (let i = 0; i < BUFFERS; i++) put(Buffer.alloc(BUFFER_BYTES, 'v'), BUFFER_BYTES);
