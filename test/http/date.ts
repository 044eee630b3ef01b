import fc from 'fast-check'
import { test } from 'tap'
import { formatHttpDate, parseHttpDate } from '../../src/http/date.ts'

const now = Date.UTC(2026, 0, 1)
const parse = (value: string) => parseHttpDate(value, now)

test('all three forms of an HTTP-date name the same moment', async (t) => {
  const at = Date.UTC(1994, 10, 6, 8, 49, 37)
  t.equal(parse('Sun, 06 Nov 1994 08:49:37 GMT'), at)
  t.equal(parse('Sunday, 06-Nov-94 08:49:37 GMT'), at)
  t.equal(parse('Sun Nov  6 08:49:37 1994'), at)
  t.equal(parse('Fri Nov 16 08:49:37 2029'), Date.UTC(2029, 10, 16, 8, 49, 37))
})

test('the case of a date does not matter to a cache', async (t) => {
  const at = Date.UTC(2050, 7, 18, 2, 1, 18)
  for (const value of [
    'THU, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 AUG 2050 02:01:18 GMT',
    'thu, 18 aug 2050 02:01:18 gMT'
  ])
    t.equal(parse(value), at, value)
})

test('what is not quite an HTTP-date is none', async (t) => {
  const wrong = [
    '',
    '0',
    '-1',
    'now',
    '2050-08-18T02:01:18Z',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 AEST',
    'Thu, 18 Aug 2050 02:01:18 +0000',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 8 Aug 2050 02:01:18 GMT',
    'Thu, 31 Jun 2050 02:01:18 GMT',
    'Thu, 00 Jun 2050 02:01:18 GMT',
    'Thu, 29 Feb 2051 02:01:18 GMT',
    'Thu, 18 Aug 2050 24:00:00 GMT',
    'Thu, 18 Aug 2050 02:60:00 GMT',
    'Thu, 18 Aug 2050 02:01:61 GMT',
    'Thx, 18 Aug 2050 02:01:18 GMT',
    ' Thu, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:19 GMT',
    'Thu Aug 8 02:01:18 2050',
    'Thursday, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 GMT\n'
  ]
  for (const value of wrong) t.equal(parse(value), undefined, value)
})

test('a leap second is the first second of the next minute', async (t) => {
  t.equal(parse('Sat, 31 Dec 2016 23:59:60 GMT'), Date.UTC(2017, 0, 1))
})

test('a two-digit year is at most 50 years ahead', async (t) => {
  const year = (twoDigits: string, at: number) =>
    new Date(parseHttpDate(`Sunday, 06-Nov-${twoDigits} 08:49:37 GMT`, at)!).getUTCFullYear()
  t.equal(year('76', now), 2076)
  t.equal(year('77', now), 1977)
  t.equal(year('26', now), 2026)
  t.equal(year('25', now), 2025)
  t.equal(year('00', now), 2000)
  t.equal(year('99', now), 1999)
  t.equal(year('10', Date.UTC(2080, 0, 1)), 2110, 'over the end of a century')
  t.equal(year('31', Date.UTC(2080, 0, 1)), 2031)
})

test('a date written is read back to the second', async (t) => {
  const moments = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1000 })
  fc.assert(fc.property(moments, (seconds) => parse(formatHttpDate(seconds * 1000 + 999)) === seconds * 1000))
  t.equal(formatHttpDate(784111777000), 'Sun, 06 Nov 1994 08:49:37 GMT')
})

test('no string makes the reader of dates fail', async (t) => {
  fc.assert(
    fc.property(fc.string(), (value) =>
      [undefined, 'number'].includes(parse(value) === undefined ? undefined : 'number')
    )
  )
  t.pass()
})
