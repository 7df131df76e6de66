// The statistics of repeated measurements: the median and the range.

export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

/** Returns "median (least to most)", with this many decimals each. */
export function spread(numbers, decimals = 0) {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const [middle, from, to] = [median(numbers), least, most].map((n) => n.toFixed(decimals));
  return numbers.length === 1 ? middle : `${middle} (${from} to ${to})`;
}

/** Returns the microseconds for each of `count` calls, by side and round; the sides alternate. */
export function roundsOf(sides, count, rounds) {
  const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [side, work] of Object.entries(sides)) {
      const begin = process.hrtime.bigint();
      for (let i = 0; i < count; i++) work(i);
      const us = Number(process.hrtime.bigint() - begin) / 1000 / count;
      // The first round warms up.
      if (round >= 0) times[side].push(us);
    }
  }
  return times;
}
