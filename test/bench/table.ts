import { test } from 'tap'
import { figure, table } from '../../src/bench/table.ts'

test('a table sets figures to the right and words to the left, each column as wide as it needs to be', async (t) => {
  const lines = table(
    ['who', 'µs'],
    [
      ['edge', '6.3'],
      ['Apache', '12.7'],
      ['nobody', '–']
    ]
  ).split('\n')
  t.same(lines, ['who       µs', '──────  ────', 'edge     6.3', 'Apache  12.7', 'nobody     –'])
})

test('a figure has as many digits as matter', async (t) => {
  t.equal(figure(0.012345), '0.0123')
  t.equal(figure(6.25), '6.25')
  t.equal(figure(6), '6')
  t.equal(figure(12345.6), '12346')
  t.equal(figure(0), '0')
  t.equal(figure(99.99), '100')
})

test('what was not measured is a dash', async (t) => {
  t.equal(figure(undefined), '–')
  t.equal(figure(Number.NaN), '–')
})
