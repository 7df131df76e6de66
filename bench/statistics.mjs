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
