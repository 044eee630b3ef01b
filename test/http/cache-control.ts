import fc from 'fast-check'
import { test } from 'tap'
import { type CacheControl, deltaSeconds, parseCacheControl } from '../../src/http/cache-control.ts'

/** What differs from an empty field. */
function said(value: string): Partial<CacheControl> {
  const empty = parseCacheControl(undefined)
  const control = parseCacheControl(value)
  const names = Object.keys(control) as (keyof CacheControl)[]
  return Object.fromEntries(
    names.filter((name) => `${control[name]}` !== `${empty[name]}`).map((name) => [name, control[name]])
  )
}

test('directives are read in any case, in either form, whatever stands beside them', async (t) => {
  const table: [string, Partial<CacheControl>][] = [
    ['', {}],
    [', ,', {}],
    ['max-age=60', { maxAge: 60 }],
    ['MaX-aGe=60', { maxAge: 60 }],
    ['max-age="60"', { maxAge: 60 }],
    ['max-age=0060', { maxAge: 60 }],
    ['foobar, max-age=60,x="a,b", s-maxage=0', { maxAge: 60, sMaxage: 0 }],
    ['extension="max-age=3600", max-age=1', { maxAge: 1 }],
    ['max-age=1, extension="max-age=3600, no-store"', { maxAge: 1 }],
    ['No-Store,PUBLIC', { noStore: true, public: true }],
    [
      'must-revalidate, proxy-revalidate, must-understand',
      { mustRevalidate: true, proxyRevalidate: true, mustUnderstand: true }
    ],
    ['stale-while-revalidate=5, stale-if-error=6', { staleWhileRevalidate: 5, staleIfError: 6 }],
    ['only-if-cached, min-fresh=3', { onlyIfCached: true, minFresh: 3 }],
    ['max-stale', { maxStale: Number.POSITIVE_INFINITY }],
    ['max-stale=7', { maxStale: 7 }],
    ['no-cache', { noCache: true }],
    ['no-cache="Set-Cookie, X-A"', { noCacheFields: ['set-cookie', 'x-a'] }],
    ['no-cache=Set-Cookie', { noCacheFields: ['set-cookie'] }],
    ['private', { private: true }],
    ['private="x"', { privateFields: ['x'] }],
    ['private="x", private="y"', { privateFields: ['x', 'y'] }],
    ['private="x", private', { private: true, privateFields: ['x'] }]
  ]
  for (const [value, expected] of table) t.same(said(value), expected, value)
})

test('an invalid lifetime is none, other invalid numbers are as if not there', async (t) => {
  for (const bad of ['', 'abc', '-5', '60a', '60.0', "'60'", '"6 0"', ' 60', '0x10', '1e3']) {
    t.same(said(`max-age=${bad}`), { maxAge: 0 }, `max-age=${bad}`)
    t.same(said(`s-maxage=${bad}`), { sMaxage: 0 }, `s-maxage=${bad}`)
    t.same(said(`stale-while-revalidate=${bad}, stale-if-error=${bad}, min-fresh=${bad}`), {}, bad)
    t.same(said(`max-stale=${bad}`), {}, `max-stale=${bad}`)
  }
  t.same(said('max-age'), { maxAge: 0 })
  t.same(said('max-age =60'), { maxAge: 0 })
})

test('of a directive given twice the first counts', async (t) => {
  t.same(said('max-age=60, max-age=1'), { maxAge: 60 })
  t.same(said('max-age=x, max-age=60'), { maxAge: 0 })
})

test('a damaged directive that forbids something still forbids it', async (t) => {
  t.same(said('no-store=x'), { noStore: true })
  t.same(said('no-store; foo'), { noStore: true })
  t.same(said('a="b, no-store'), { noStore: true })
  t.same(said('no-cache='), { noCache: true })
  t.same(said('private=""'), { private: true })
  t.same(said('private="x'), { private: true })
})

test('a number too large to mean anything is 2^31', async (t) => {
  t.equal(deltaSeconds('2147483647'), 2147483647)
  t.equal(deltaSeconds('2147483649'), 2147483648)
  t.equal(deltaSeconds('9'.repeat(400)), 2147483648)
  t.equal(deltaSeconds('00000000000000000000005'), 5)
  for (const text of [undefined, '', '+1', '-1', '1.0', ' 1', '1 ', '٣'])
    t.equal(deltaSeconds(text), undefined, `${text}`)
})

test('no value makes the reader fail, and what forbids is found wherever it stands among plain directives', async (t) => {
  const plain = fc.stringMatching(/^[a-z-]{1,12}(=[a-z0-9]{1,5})?$/)
  fc.assert(fc.property(fc.string(), (value) => typeof parseCacheControl(value).noStore === 'boolean'))
  fc.assert(
    fc.property(
      fc.array(plain),
      fc.array(plain),
      (before, after) => parseCacheControl([...before, 'no-store', ...after].join(', ')).noStore
    )
  )
  t.pass()
})
