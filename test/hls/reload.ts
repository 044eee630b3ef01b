import { test } from 'tap'
import { reloadAt } from '../../src/hls/reload.ts'

/** Follows a playlist that changes at the given moments; tells when it was asked and how late each change was seen. */
function follow(
  changes: readonly number[],
  duration: number,
  until: number
): { asks: number[]; late: number[] } {
  const asks: number[] = []
  const late: number[] = []
  let followed = { changedAt: 0, lastDuration: duration, targetDuration: Math.ceil(duration), asks: 0 }
  let seen = 0
  for (let now = reloadAt(followed, 0); now < until; now = reloadAt(followed, now)) {
    asks.push(now)
    const listed = changes.filter((at) => at <= now).length
    followed =
      listed > seen ? { ...followed, changedAt: now, asks: 0 } : { ...followed, asks: followed.asks + 1 }
    for (; seen < listed; seen++) late.push(now - changes[seen]!)
  }
  return { asks, late }
}

for (const duration of [1, 2, 3, 4, 5]) {
  const step = Math.min(Math.max((duration * 1000) / 16, 80), 250)
  const regular = Array.from({ length: 50 }, (_, i) => 130 + (i + 1) * duration * 1000)

  test(`segments of ${duration} s are seen within a sixteenth of their duration, for 3 asks each at the most`, async (t) => {
    const { asks, late } = follow(regular, duration, regular.at(-1)! + step)
    t.equal(late.length, regular.length)
    t.ok(Math.max(...late) <= step + 1, `${Math.max(...late)} ms late at the most`)
    t.ok(asks.length <= 3 * regular.length, `${asks.length} asks`)
  })

  test(`segments of ${duration} s that come up to 20 % early or late cost 4 asks each at the most`, async (t) => {
    const uneven = regular.map((at, i) => at + (((i * 7919) % 41) - 20) * 10 * duration)
    const { asks, late } = follow(uneven, duration, regular.at(-1)! + duration * 1000)
    t.equal(late.length, uneven.length)
    // An early one after a late one comes 40 % too soon.
    t.ok(Math.max(...late) <= duration * 400 + step, `${Math.max(...late)} ms late at the most`)
    t.ok(asks.length <= 4 * uneven.length, `${asks.length} asks`)
  })
}

test('an origin that stands still is asked less and less often', async (t) => {
  const { asks } = follow([], 3, 60_000)
  const within = (from: number, to: number) => asks.filter((at) => at >= from && at < to).length
  t.ok(within(0, 4500) <= 6, `${within(0, 4500)} at first`)
  t.ok(within(4500, 18_000) <= 10, `${within(4500, 18_000)} in 4.5 target durations`)
  t.ok(within(21_000, 60_000) <= 13, `${within(21_000, 60_000)} later`)
})

test('the next ask always lies ahead, whatever the playlist says', async (t) => {
  for (const lastDuration of [0, 0.1, 3, 600])
    for (const targetDuration of [0, 1, 3])
      for (const asks of [0, 1, 4, 1000]) {
        const now = 1_000_000
        t.ok(reloadAt({ changedAt: now - 50_000, lastDuration, targetDuration, asks }, now) >= now + 80)
      }
})
