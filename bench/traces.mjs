// Hit ratios of the store on traces of requests (`key size` a line, plain or gzip).
//   npm run bench:traces -- [FILE...] [--share 0.005,0.02,0.1,0.3] [--bytes N] [--policy lru,s3fifo]
//                           [--json FILE]
// Without a file it replays all of $EBBCACHE_DATA/traces. Where a hit-ratios.csv lies beside a
// trace, the ratios of its exact LRU and its S3-FIFO are shown beside ours. `plain` has a budget of
// the cache's bytes for everything; the other ratios have as many bytes of values.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readTrace } from './traces/read-trace.mjs';
import { REFERENCE_OF, referencesIn } from './traces/references.mjs';
import { heading, row, summary } from './traces/report.mjs';
import { MIN_BYTES, replayAtPayload } from './traces/same-payload.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: 'string', default: '0.005,0.02,0.1,0.3' },
    bytes: { type: 'string' },
    policy: { type: 'string', default: 'lru,s3fifo' },
    json: { type: 'string' },
  },
});

function numbers(option, text, most) {
  const each = text.split(',').map(Number);
  if (each.every((number) => number > 0 && number <= most)) return each;
  return fail(`--${option} must be numbers above 0, up to ${most}; it is ${text}.`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

function allTraces() {
  const folder = join(process.env.EBBCACHE_DATA ?? '', 'traces');
  if (process.env.EBBCACHE_DATA === undefined || !existsSync(folder)) {
    fail('Name a trace file, or let EBBCACHE_DATA name a folder with traces/*.gz in it.');
  }
  return readdirSync(folder)
    .filter((file) => file.endsWith('.gz'))
    .map((file) => join(folder, file));
}

const bytes = options.bytes && numbers('bytes', options.bytes, 2 ** 33);
const shares = numbers('share', options.share, 1);
const policies = options.policy.split(',');
for (const policy of policies) {
  if (!(policy in REFERENCE_OF)) fail(`--policy must be of lru and s3fifo; it is ${policy}.`);
}

const results = [];
console.log(heading());
for (const file of positionals.length > 0 ? positionals : allTraces()) {
  const trace = await readTrace(file);
  const referenceOf = referencesIn(dirname(file));
  const sizes = bytes ?? shares.map((share) => Math.floor(share * trace.workingSetBytes));
  for (const cacheBytes of sizes) {
    if (cacheBytes < MIN_BYTES) {
      console.error(`${trace.name}: skipped ${cacheBytes} bytes, below a store's least budget.`);
      continue;
    }
    for (const policy of policies) {
      const result = {
        trace: trace.name,
        share: Number((cacheBytes / trace.workingSetBytes).toPrecision(3)),
        cacheBytes,
        policy,
        ...replayAtPayload(trace, policy, cacheBytes),
        reference: referenceOf(trace.name, cacheBytes, REFERENCE_OF[policy]),
        exactLru: referenceOf(trace.name, cacheBytes, REFERENCE_OF.lru),
      };
      results.push(result);
      console.log(row(result));
    }
  }
}
console.log(`\n${summary(results)}`);
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
