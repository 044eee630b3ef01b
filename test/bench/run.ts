import { test } from 'tap'
import { expected, type Sample, type Visit } from '../../src/bench/audience.ts'
import { summarize } from '../../src/bench/run.ts'

const visit = (rest: Partial<Visit> = {}): Visit => ({
  startup: 500,
  stayed: 20_000,
  stalls: 0,
  stalledFor: 0,
  jumps: 0,
  ...rest
})
const sample = (at: number, rest: Partial<Sample> = {}): Sample => ({
  at,
  viewers: at,
  playing: at,
  starting: 0,
  overdue: 0,
  stalled: 0,
  stalls: 0,
  errors: 0,
  bytes: 0,
  latency: 6,
  ...rest
})

test('viewers come one by one until all are there', async (t) => {
  const plan = { entrance: '', viewers: 30, ramp: 10, seconds: 60, churn: 0 }
  t.same(
    [0, 1, 5, 9.99, 10, 60].map((at) => expected(plan, at)),
    [1, 3, 15, 29, 30, 30]
  )
})

test('what an audience was served smoothly with ends at the first stall', async (t) => {
  t.equal(summarize([visit()], [sample(1), sample(8), sample(9, { stalls: 1 }), sample(12)]).smooth, 8)
  t.equal(summarize([visit()], [sample(1), sample(8), sample(9, { overdue: 1 }), sample(12)]).smooth, 8)
  t.equal(summarize([visit()], [sample(1), sample(8)]).smooth, 8)
})

test('a visit without a picture is not undisturbed, and counts as unserved after ten seconds', async (t) => {
  const summary = summarize(
    [
      visit(),
      visit({ stalls: 2 }),
      visit({ startup: undefined }),
      visit({ startup: undefined, stayed: 9000 })
    ],
    []
  )
  t.equal(summary.undisturbed, 0.25)
  t.equal(summary.unserved, 1)
  t.equal(summary.stalls, 2)
})

test('time spent waiting is that of stalls and of the first picture', async (t) => {
  const summary = summarize(
    [visit({ startup: 1000, stalledFor: 3000 }), visit({ startup: undefined, stayed: 20_000 })],
    []
  )
  t.equal(summary.waiting, 24 / 40)
})
