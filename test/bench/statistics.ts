import { test } from 'tap'
import { median, percentile, spread } from '../../src/bench/statistics.ts'

test('the median is the middle value, or the mean of the two in the middle', async (t) => {
  t.equal(median([9, 1, 5]), 5)
  t.equal(median([4, 1, 2, 10]), 3)
  t.ok(Number.isNaN(median([])))
})

test('a percentile is a value that was measured, by nearest rank', async (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.equal(percentile(values, 0.99), 99)
  t.equal(percentile(values, 1), 100)
  t.equal(percentile(values, 0), 1)
  t.equal(percentile([7], 0.5), 7)
  t.ok(Number.isNaN(percentile([], 0.5)))
})

test('numbers are ordered as numbers and the input is left as it was', async (t) => {
  const values = [10, 9, 2]
  t.same(spread(values), { median: 9, min: 2, max: 10 })
  t.same(values, [10, 9, 2])
})
