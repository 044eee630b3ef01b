import { test } from 'tap'
import { Bucket } from '../../../src/server/limits/bucket.ts'

/** How many of so many tries at one moment succeed. */
function takes(bucket: Bucket, now: number, rate: number, tries: number): number {
  return Array.from({ length: tries }, () => bucket.take(now, rate)).filter(Boolean).length
}

test('a rate may be used five times over at once, and then as it comes back', (t) => {
  const bucket = new Bucket()
  t.equal(takes(bucket, 1e12, 10, 100), 50)
  t.equal(takes(bucket, 1e12 + 100, 10, 100), 1)
  t.equal(takes(bucket, 1e12 + 1100, 10, 100), 10)
  t.equal(takes(bucket, 1e12 + 3_600_000, 10, 100), 50, 'not more than that, however long it rested')
  t.end()
})

test('a clock that is set back takes nothing away and gives nothing', (t) => {
  const bucket = new Bucket()
  takes(bucket, 1e12, 10, 45)
  t.equal(takes(bucket, 1e12 - 3_600_000, 10, 100), 5)
  t.equal(takes(bucket, 1e12 - 3_599_900, 10, 100), 1)
  t.end()
})

test('without a limit nothing is counted', (t) => {
  const bucket = new Bucket()
  t.equal(takes(bucket, 1e12, Number.POSITIVE_INFINITY, 1000), 1000)
  t.equal(takes(bucket, 1e12, 10, 100), 50)
  t.end()
})

test('a bucket that has filled again need not be kept', (t) => {
  const bucket = new Bucket()
  t.ok(bucket.isFull(1e12))
  bucket.take(1e12, 10)
  t.notOk(bucket.isFull(1e12 + 4000))
  t.ok(bucket.isFull(1e12 + 5001))
  t.end()
})
