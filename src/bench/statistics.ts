/** What several measurements of one thing come to: the middle one and the outermost. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * The value that the given share of the values does not exceed, by the nearest-rank method.
 * @param share from 0 to 1
 * @returns NaN for no values
 */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort()
  const rank = Math.max(1, Math.ceil(share * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** The middle value, or the mean of the two in the middle; NaN for no values. */
export function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? Number.NaN) : upper
  return (lower + upper) / 2
}

/** Median, least and greatest of some measurements; NaN for no values. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: percentile(values, 0), max: percentile(values, 1) }
}
