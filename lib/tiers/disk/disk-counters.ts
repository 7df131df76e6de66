// The counters that caches leave on disk, one JSON object each: names and numbers, added up by who reads
// them. The file may be anybody's, so what is not a number is left out.

export type Counters = Record<string, number>;

export function addUp(rows: readonly string[]): Counters {
  const sum = new Map<string, number>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(parse(row))) {
      if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
        sum.set(name, (sum.get(name) ?? 0) + value);
      }
    }
  }
  return Object.fromEntries(sum);
}

function parse(row: string): object {
  try {
    return Object(JSON.parse(row));
  } catch {
    return {};
  }
}
