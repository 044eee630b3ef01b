import { test } from 'tap'
import { formatHttpDate } from '../../src/http/date.ts'
import { birthOf, freshnessLifetime, lifeOf } from '../../src/http/freshness.ts'
import { governing } from '../../src/http/targeted.ts'

const now = Date.UTC(2026, 5, 1) + 345
const at = (seconds: number) => formatHttpDate(now + seconds * 1000)
const timing = { requestedAt: now, receivedAt: now }
const lifetime = (fields: string[], status = 200) => freshnessLifetime(status, fields, governing(fields), now)
const life = (...fields: string[]) => lifeOf(200, fields, governing(fields), timing)

test('s-maxage goes before max-age, max-age before Expires, whatever they say', async (t) => {
  const table: [string[], number][] = [
    [['Cache-Control', 'max-age=60'], 60],
    [['Cache-Control', 'max-age=60, s-maxage=5'], 5],
    [['Cache-Control', 's-maxage=5', 'Cache-Control', 'max-age=60'], 5],
    [['Cache-Control', 'max-age=60', 'Expires', at(-100), 'Date', at(0)], 60],
    [['Cache-Control', 'max-age=60', 'Expires', '0'], 60],
    [['Cache-Control', 'max-age=0', 'Expires', at(100), 'Date', at(0)], 0],
    [['Cache-Control', 'max-age=x', 'Expires', at(100), 'Date', at(0)], 0],
    [['Cache-Control', 'max-age=99999999999'], 2 ** 31],
    [['CDN-Cache-Control', 'max-age=60', 'Cache-Control', 'max-age=1', 'Expires', at(-100)], 60],
    [['CDN-Cache-Control', 'max-age=1', 'Cache-Control', 's-maxage=60'], 1],
    [['CDN-Cache-Control', 'public', 'Expires', at(100), 'Date', at(0)], 0],
    [[], 0]
  ]
  for (const [fields, seconds] of table) t.equal(lifetime(fields), seconds, fields.join(' '))
})

test('Expires counts from Date, and what is no date has expired', async (t) => {
  const table: [string[], number][] = [
    [['Expires', at(100), 'Date', at(0)], 100],
    [['Expires', at(300), 'Date', at(400)], 0],
    [['Expires', at(0), 'Date', at(0)], 0],
    [['Expires', at(20), 'Date', at(10)], 10],
    [['Expires', at(-100), 'Date', at(0)], 0],
    [['Expires', '0', 'Date', at(0)], 0],
    [['Expires', '', 'Date', at(0), 'Last-Modified', at(-1000)], 0],
    [['Expires', 'Thu, 18 Aug 2050 02:01:18 UTC', 'Date', at(0)], 0],
    [['Expires', at(100), 'Expires', at(5), 'Date', at(0)], 100],
    [['Expires', 'x', 'Expires', at(100), 'Date', at(0)], 0]
  ]
  for (const [fields, seconds] of table) t.equal(lifetime(fields), seconds, fields.join(' '))
  t.equal(lifetime(['Expires', at(10.655), 'Date', 'foo']), 10.655, 'from the moment of receipt')
  t.equal(lifetime(['Expires', at(10.655)]), 10.655)
})

test('without a word about it a tenth of the time since the last change is guessed, for a day at the most', async (t) => {
  t.equal(lifetime(['Last-Modified', at(-1000), 'Date', at(0)]), 100)
  t.equal(lifetime(['Last-Modified', at(-1e9), 'Date', at(0)]), 86400)
  t.equal(lifetime(['Last-Modified', at(1000), 'Date', at(0)]), 0)
  t.equal(lifetime(['Last-Modified', 'x', 'Date', at(0)]), 0)
  t.equal(lifetime(['Last-Modified', at(-1000), 'Date', at(0)], 404), 100)
  t.equal(
    lifetime(['Last-Modified', at(-1000), 'Date', at(0)], 503),
    0,
    'not for a status that is not cacheable by nature'
  )
  t.equal(lifetime(['Last-Modified', at(-1000), 'Date', at(0), 'Cache-Control', 'public'], 599), 100)
})

const age = (fields: string[], delay = 0) => (now - birthOf(fields, now - delay)) / 1000

test('the age of a response is what Age says and the time it took', async (t) => {
  t.equal(age([]), 0)
  t.equal(age(['Age', '30']), 30)
  t.equal(age(['Age', '30'], 1500), 31.5)
  t.equal(age([], 1500), 1.5)
})

test('the clock of the origin does not count', async (t) => {
  for (const seconds of [-7200, -1, 0, 7200]) t.equal(age(['Date', at(seconds), 'Age', '30']), 30)
})

test('of several ages the first counts, and what is no number does not', async (t) => {
  const table: [string[], number][] = [
    [['7200, 0'], 7200],
    [['0, 7200'], 0],
    [['7200', '0'], 7200],
    [['0', '7200'], 0],
    [['abc'], 0],
    [['-7200'], 0],
    [['7200.0'], 0],
    [['7200;foo=bar'], 0],
    [['abc, 7200'], 0],
    [[''], 0],
    [['2147483649'], 2147483648],
    [['9'.repeat(30)], 2147483648]
  ]
  for (const [values, seconds] of table)
    t.equal(age(values.flatMap((value) => ['Age', value])), seconds, values.join(' / '))
})

test('life ends when the lifetime has passed since birth', async (t) => {
  t.equal(life('Cache-Control', 'max-age=60').freshUntil, now + 60_000)
  t.equal(life('Cache-Control', 'max-age=60', 'Age', '20').freshUntil, now + 40_000)
  t.equal(life('Cache-Control', 'max-age=60', 'Age', '100').freshUntil, now - 40_000)
  t.equal(life('Cache-Control', 'max-age=60, no-cache').freshUntil, now)
  t.equal(life('Cache-Control', 'max-age=60, no-cache="a"').freshUntil, now + 60_000)
})

test('staleness is allowed as far as the origin says so and nothing forbids it', async (t) => {
  const stale = 'max-age=60, stale-while-revalidate=5, stale-if-error=100'
  t.match(life('Cache-Control', stale), {
    mustRevalidate: false,
    revalidateUntil: now + 65_000,
    staleUntil: now + 160_000
  })
  t.match(life('Cache-Control', 'max-age=60'), {
    mustRevalidate: false,
    revalidateUntil: now + 60_000,
    staleUntil: now + 60_000
  })
  for (const strict of ['must-revalidate', 'proxy-revalidate', 's-maxage=60'])
    t.match(life('Cache-Control', `${stale}, ${strict}`), {
      mustRevalidate: true,
      freshUntil: now + 60_000,
      revalidateUntil: now + 60_000,
      staleUntil: now + 60_000
    })
  t.match(life('Cache-Control', `${stale}, no-cache`), {
    mustRevalidate: true,
    revalidateUntil: now,
    staleUntil: now
  })
})
