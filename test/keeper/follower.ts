import { test } from 'tap'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { SimulatedStream } from '../fixtures/simulated-stream.ts'

const levels = [
  { level: 0, duration: 1, listSize: 25 },
  { level: 1, duration: 2, listSize: 15 },
  { level: 2, duration: 3, listSize: 10 },
  { level: 3, duration: 4, listSize: 8 },
  { level: 4, duration: 5, listSize: 5 }
]

for (const { level, duration, listSize } of levels) {
  for (const jitter of [0, 30 * duration]) {
    test(`latency level ${level}, written ${jitter} ms early or late: ten minutes are followed closely and cheaply`, async (t) => {
      const stream = new SimulatedStream(new ManualClock(), { duration, listSize, jitter })
      stream.follow()
      await stream.pass(600_000)
      const staleness = stream.staleness()
      const median = staleness[Math.floor(staleness.length / 2)] ?? Number.NaN
      const worst = staleness.at(-1) ?? Number.NaN
      const asks = stream.asks / staleness.length
      t.comment(`median ${median} ms, worst ${worst} ms, ${asks.toFixed(2)} requests a segment`)
      t.ok(staleness.length >= 600 / duration - 2, 'every segment was listed')
      t.ok(median <= 250, `median ${median} ms of at most 250 ms`)
      t.ok(worst <= duration * 250, `worst ${worst} ms of at most a quarter of the target duration`)
      t.ok(asks <= 4, `${asks} requests a segment of at most 4`)
    })
  }
}

test('a new playlist waits for its segments, so that what is listed is here', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 4, listSize: 5, transfer: 700 })
  stream.follow()
  await stream.pass(20_000)
  const newest = stream.published?.body
    .text()
    .match(/stream-.*$/gm)
    ?.at(-1)
  t.ok(
    newest !== undefined && stream.prefetched.includes(newest),
    'the newest segment came before its playlist'
  )
  t.ok((stream.staleness().at(-1) ?? 0) >= 700, 'which waited for it')
})

test('but no longer than a quarter of the target duration', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 4, listSize: 5, transfer: 3500 })
  stream.follow()
  await stream.pass(60_000)
  const staleness = stream.staleness()
  t.ok(staleness.length >= 13, 'every playlist was published')
  t.ok(
    (staleness.at(-1) ?? 9999) <= 1000 + 400,
    `worst ${staleness.at(-1)} ms: a quarter of 4 s and the step that saw it`
  )
})

test('it stops within three target durations of the last reader, and the origin hears nothing more', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 2, listSize: 5 })
  stream.follow()
  await stream.pass(10_000)
  await stream.pass(6_500, false)
  t.equal(stream.follower, undefined, 'nobody follows')
  t.equal(stream.changes.at(-1), 'left')
  const asked = stream.asks
  await stream.pass(60_000, false)
  t.equal(stream.asks, asked, 'no request in a minute')
  t.ok(
    (stream.published?.freshUntil ?? Number.POSITIVE_INFINITY) < Date.now() + 30_000,
    'what it left behind is stale'
  )
})

test('it stops at ENDLIST, which is published at once and never stands in for a later one', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 2, listSize: 5 })
  stream.follow()
  await stream.pass(10_000)
  stream.hasEnded = true
  await stream.pass(3_000)
  t.equal(stream.follower, undefined)
  t.equal(stream.changes.at(-1), 'ended')
  t.match(stream.published?.body.text(), /#EXT-X-ENDLIST/)
  const { freshUntil = 0, staleUntil = 0, revalidateUntil = 0 } = stream.published ?? {}
  t.ok(Math.max(staleUntil, revalidateUntil) <= freshUntil, 'it is good for nothing once it is not fresh')
})

test('a restarted stream is taken at once, although its numbers are lower', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 2, listSize: 5 })
  stream.follow()
  await stream.pass(21_000)
  stream.restart('zYxWvUtSr')
  await stream.pass(2_200)
  t.match(stream.published?.body.text(), /stream-zYxWvUtSr-0\.ts/)
  t.notMatch(stream.published?.body.text(), /aBcDeFgHi/)
  t.ok(stream.changes.includes('restarted'))
  t.ok(stream.follower !== undefined, 'and is followed on')
})

test('an older state of the same stream is not published', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 2, listSize: 5 })
  stream.follow()
  await stream.pass(9_000)
  const old = stream.text()
  await stream.pass(6_000)
  const newest = stream.published?.body.text()
  stream.forced = old
  await stream.pass(3_000)
  t.equal(stream.published?.body.text(), newest)
  stream.forced = undefined
  await stream.pass(3_000)
  t.not(stream.published?.body.text(), newest, 'and news is taken again')
})

test('an origin that is away is not asked, and asked again when it is back', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 2, listSize: 5 })
  stream.follow()
  await stream.pass(9_000)
  stream.isOriginUp = false
  await stream.pass(3_000)
  const asked = stream.asks
  await stream.pass(20_000)
  t.equal(stream.asks, asked, 'not one request while it is known to be away')
  const now = stream.lastSeenAt
  t.ok((stream.published?.staleUntil ?? 0) > now, 'what is published may stand in')
  stream.comeBack()
  await stream.pass(500)
  t.equal(stream.published?.body.text(), stream.text(), 'half a second later everything is as at the origin')
})

test('nothing is held when it is over', async (t) => {
  const stream = new SimulatedStream(new ManualClock(), { duration: 1, listSize: 5 })
  const follower = stream.follow()
  await stream.pass(60_000)
  follower.stop()
  await stream.pass(5_000)
  stream.published?.body.release()
  t.equal(stream.pool.held, 0)
})
