import { test } from 'tap'
import { renewalAt, retryDelay } from '../../src/acme/schedule.ts'

const day = 86_400_000
const certificate = (days: number) => ({
  validFrom: 0,
  validUntil: days * day,
  chain: '',
  key: '',
  covers: () => true
})

test('a certificate is renewed when less than a third of its lifetime remains, and before a quarter does', async (t) => {
  for (const days of [6, 45, 90]) {
    for (const jitter of [0, 0.5, 0.999]) {
      const left = days * day - renewalAt(certificate(days), jitter)
      t.ok(left <= (days * day) / 3 && left > (days * day) / 4, `${days} days, ${left / day} left`)
    }
  }
})

test('edges that got their certificates at once do not renew them at once', async (t) => {
  t.ok(renewalAt(certificate(90), 0.5) - renewalAt(certificate(90), 0) > day)
})

test('failures are tried again later each time, five times in the first hour, and never later than after hours', async (t) => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => retryDelay(failures, 0) / 60_000)
  t.same(minutes, [1, 3, 9, 27, 81, 240, 240, 240])
  t.ok(retryDelay(50, 0.999) < 5 * 3_600_000)
  t.ok(retryDelay(1, 0.5) > retryDelay(1, 0))
})
