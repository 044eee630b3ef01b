import { test } from 'tap'
import { parseCacheControl } from '../../src/http/cache-control.ts'
import { mayReplaceError, type Reuse, requestControl, reuseOf } from '../../src/http/reuse.ts'

const bornAt = 1_000_000
const life = {
  bornAt,
  freshUntil: bornAt + 60_000,
  revalidateUntil: bornAt + 70_000,
  staleUntil: bornAt + 90_000,
  mustRevalidate: false
}
const strict = {
  ...life,
  revalidateUntil: life.freshUntil,
  staleUntil: life.freshUntil,
  mustRevalidate: true
}
const after = (seconds: number, asked = '', of = life) =>
  reuseOf(of, parseCacheControl(asked), bornAt + seconds * 1000)

test('a response is used fresh, then stale while it is revalidated, then not at all', async (t) => {
  t.equal(after(0), 'fresh')
  t.equal(after(59.999), 'fresh')
  t.equal(after(60), 'stale-while-revalidate')
  t.equal(after(69.999), 'stale-while-revalidate')
  t.equal(after(70), 'revalidate')
  t.equal(after(60, '', strict), 'revalidate')
})

test('a client may ask for less age and for more freshness', async (t) => {
  const table: [number, string, Reuse][] = [
    [0, 'no-cache', 'revalidate'],
    [0, 'max-age=0', 'fresh'],
    [1, 'max-age=0', 'revalidate'],
    [30, 'max-age=30', 'fresh'],
    [30.001, 'max-age=30', 'revalidate'],
    [65, 'max-age=100', 'revalidate'],
    [30, 'min-fresh=30', 'fresh'],
    [30, 'min-fresh=31', 'revalidate'],
    [65, 'min-fresh=0', 'revalidate'],
    [30, 'no-store', 'fresh'],
    [30, 'only-if-cached', 'fresh']
  ]
  for (const [seconds, asked, reuse] of table)
    t.equal(after(seconds, asked), reuse, `${asked} after ${seconds} s`)
})

test('a client may agree to staleness, unless the origin forbids it', async (t) => {
  t.equal(after(80, 'max-stale=20'), 'stale')
  t.equal(after(80.001, 'max-stale=20'), 'revalidate')
  t.equal(after(1e6, 'max-stale'), 'stale')
  t.equal(after(30, 'max-stale'), 'fresh')
  t.equal(after(65, 'max-age=100, max-stale=5'), 'stale')
  t.equal(after(65, 'max-age=10, max-stale=5'), 'revalidate')
  t.equal(after(61, 'max-stale', strict), 'revalidate')
})

test('Pragma counts where there is no Cache-Control', async (t) => {
  t.equal(requestControl(['Pragma', 'no-cache']).noCache, true)
  t.equal(requestControl(['pragma', 'x, No-Cache']).noCache, true)
  t.equal(requestControl(['Pragma', 'no-cache', 'Cache-Control', 'max-age=5']).noCache, false)
  t.equal(requestControl(['Pragma', 'unrecognised-extension']).noCache, false)
  t.equal(requestControl([]).noCache, false)
  t.match(requestControl(['cache-control', 'only-if-cached', 'Cache-Control', 'max-stale=5']), {
    onlyIfCached: true,
    maxStale: 5
  })
})

test('in place of an error a stale response is sent as long as the origin or the client allows', async (t) => {
  const mayAfter = (seconds: number, asked = '', of = life) =>
    mayReplaceError(of, parseCacheControl(asked), bornAt + seconds * 1000)
  t.equal(mayAfter(59), true)
  t.equal(mayAfter(89), true)
  t.equal(mayAfter(90), false)
  t.equal(mayAfter(90, 'stale-if-error=60'), true)
  t.equal(mayAfter(120, 'stale-if-error=60'), false)
  t.equal(mayAfter(59, '', strict), true)
  t.equal(mayAfter(60, 'stale-if-error=60', strict), false)
})
