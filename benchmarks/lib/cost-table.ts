import { figure, type Row, table } from '../../src/bench/table.ts'
import type { Results } from './in-turn.ts'
import type { Cost } from './measure.ts'
import { describe, ratio, spreadOf } from './ratios.ts'

/** What to show of some results: under which name, which of the costs, and by answer or by megabyte. */
export interface Column<Measured> {
  readonly label: string
  readonly results: Results<Measured>
  readonly of: (measured: Measured) => Cost
  readonly per: 'perAnswer' | 'perMegabyte'
}

const unit = { perAnswer: 'µs per answer', perMegabyte: 'µs per MB' }
const rate = { perAnswer: 'answers/s', perMegabyte: 'MB/s' }

/** A table of processor time and of what clients saw, one line for each contender of each set of results. */
export function costTable<Measured>(title: string, columns: readonly Column<Measured>[]): string {
  const per = columns[0]?.per ?? 'perAnswer'
  const head = [title, unit[per], '× nginx', rate[per], 'p99 ms', 'hits %', 'load %']
  return table(head, columns.flatMap(rowsOf))
}

function rowsOf<Measured>({ label, results, of, per }: Column<Measured>): Row[] {
  return [...results.keys()].map((name) => {
    const median = (value: (cost: Cost) => number): string =>
      figure(spreadOf(results, name, (measured) => value(of(measured))).median)
    const cost = (measured: Measured): number => of(measured)[per]
    return [
      `${name}${label}`,
      describe(spreadOf(results, name, cost)),
      figure(ratio(results, name, 'nginx', cost)),
      median(({ answersPerSecond, perAnswer, perMegabyte }) =>
        per === 'perAnswer' ? answersPerSecond : (answersPerSecond * perAnswer) / perMegabyte
      ),
      median(({ p99 }) => p99),
      median(({ hits }) => hits * 100),
      median(({ loadShare }) => loadShare * 100)
    ]
  })
}
