import { test } from 'tap'
import { against, describe, ratio, spreadOf } from '../../benchmarks/lib/ratios.ts'

const itself = (value: number): number => value
const results = new Map([
  ['edge', [6, 12, 9]],
  ['nginx', [10, 10, 10]],
  ['Varnish', [3, 24, 6]]
])

test('a ratio is the median of those within each round, not the ratio of medians', async (t) => {
  t.equal(ratio(results, 'edge', 'nginx', itself), 0.9)
  t.equal(ratio(results, 'edge', 'Varnish', itself), 1.5)
})

test('there is no ratio to a contender that did not take part', async (t) => {
  t.ok(Number.isNaN(ratio(results, 'edge', 'Traffic Server', itself)))
  t.ok(Number.isNaN(against(results, 'edge', ['Traffic Server'], itself)))
  t.ok(Number.isNaN(spreadOf(results, 'Traffic Server', itself).median))
})

test('against several, the one that does best counts', async (t) => {
  t.equal(against(results, 'edge', ['nginx', 'Varnish', 'Traffic Server'], itself), 1.5)
})

test('a spread is described with its ends where they differ', async (t) => {
  t.equal(describe({ median: 6.3, min: 6.1, max: 6.8 }), '6.3 (6.1–6.8)')
  t.equal(describe({ median: 1, min: 1, max: 1 }), '1')
  t.equal(describe({ median: Number.NaN, min: Number.NaN, max: Number.NaN }), '–')
})
