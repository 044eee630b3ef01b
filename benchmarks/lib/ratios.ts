import { type Spread, spread } from '../../src/bench/statistics.ts'
import { figure } from '../../src/bench/table.ts'
import type { Results } from './in-turn.ts'

/** The spread of one figure over the rounds; of NaN where the contender did not take part. */
export function spreadOf<Measured>(
  results: Results<Measured>,
  name: string,
  of: (measured: Measured) => number
): Spread {
  return spread((results.get(name) ?? []).map(of))
}

/** How one contender's figure relates to another's: the median of the ratios within each round. NaN without both. */
export function ratio<Measured>(
  results: Results<Measured>,
  one: string,
  other: string,
  of: (measured: Measured) => number
): number {
  const others = results.get(other) ?? []
  const ratios = (results.get(one) ?? []).flatMap((measured, round) => {
    const against = others[round]
    return against === undefined ? [] : [of(measured) / of(against)]
  })
  return spread(ratios).median
}

/** How one figure relates to the best of some others, which gives the greatest ratio; NaN where none took part. */
export function against<Measured>(
  results: Results<Measured>,
  one: string,
  others: readonly string[],
  of: (measured: Measured) => number
): number {
  const ratios = others.map((other) => ratio(results, one, other, of)).filter((value) => !Number.isNaN(value))
  return ratios.length === 0 ? Number.NaN : Math.max(...ratios)
}

/** As in "6.3 (6.1–6.8)". */
export function describe({ median, min, max }: Spread): string {
  if (Number.isNaN(median)) return '–'
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`
}
