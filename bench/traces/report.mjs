// The results of the replays, as Markdown tables.

/** A smaller store has so few slabs that its ratios say little. */
const MIN_BYTES = 1024 * 1024;

const percent = (ratio) => (ratio === undefined ? '' : (100 * ratio).toFixed(2));
const points = (a, b) => {
  if (a === undefined || b === undefined) return '';
  const text = (100 * (a - b)).toFixed(2);
  return text.startsWith('-') ? text : `+${text}`;
};

const COLUMNS = [
  ['trace', ({ trace }) => trace],
  ['share', ({ share }) => share],
  ['cache bytes', ({ cacheBytes }) => cacheBytes],
  ['policy', ({ policy }) => policy],
  ['objects %', ({ same }) => percent(same.objectHitRatio)],
  ['bytes %', ({ same }) => percent(same.byteHitRatio)],
  ['reference %', ({ reference }) => percent(reference)],
  ['difference', ({ same, reference }) => points(same.objectHitRatio, reference)],
  ['over exact LRU', ({ same, exactLru }) => points(same.objectHitRatio, exactLru)],
  ['held for it', ({ same, cacheBytes }) => `${(same.maxBytes / cacheBytes).toFixed(3)} x`],
  ['values', ({ same, cacheBytes }) => `${(same.payloadBytes / cacheBytes).toFixed(4)} x`],
  ['objects %, plain', ({ plain }) => percent(plain.objectHitRatio)],
];

export function heading() {
  return `| ${COLUMNS.map(([name]) => name).join(' | ')} |\n|${'---|'.repeat(COLUMNS.length)}`;
}

export function row(result) {
  return `| ${COLUMNS.map(([, cell]) => cell(result)).join(' | ')} |`;
}

/** Returns the mean and the range in points, for the results that can be compared. */
export function summary(results) {
  const large = results.filter(({ cacheBytes }) => cacheBytes >= MIN_BYTES);
  const lines = [];
  const compare = (what, policy, base) => {
    const differences = large
      .filter((result) => result.policy === policy && result[base] !== undefined)
      .map((result) => 100 * (result.same.objectHitRatio - result[base]));
    if (differences.length === 0) return;
    const mean = differences.reduce((sum, each) => sum + each, 0) / differences.length;
    const range = `least ${Math.min(...differences).toFixed(2)}, most ${Math.max(...differences).toFixed(2)}`;
    lines.push(`- ${what}: mean ${mean.toFixed(2)}, ${range}, of ${differences.length} replays`);
  };
  compare('lru less its reference', 'lru', 'reference');
  compare('s3fifo less exact LRU', 's3fifo', 'exactLru');
  compare('s3fifo less its reference', 's3fifo', 'reference');
  return `Points of object hit ratio, at the same bytes of values, caches of 1 MiB and more:\n${lines.join('\n')}`;
}
