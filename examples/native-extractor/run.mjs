// Extracts in native threads and reads in JavaScript: node run.mjs FILE ...

import { createRequire } from 'node:module';
import { ArenaCache, nativeApi } from 'ebbcache';

const extractor = createRequire(import.meta.url)('./build/Release/native_extractor.node');
const files = process.argv.slice(2);
const options = { name: 'facts', maxBytes: 16 * 1024 * 1024 };

extractor.open(nativeApi(), { ...options, threads: 2 });
const cache = new ArenaCache(options);

console.log('first', await extractor.extract(files));
console.log('again', await extractor.extract(files));
for (const file of files) console.log(file, cache.get(file));
console.log(`${cache.stats().entries} entries`);

extractor.close();
cache.close();
