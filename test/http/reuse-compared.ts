import fc from 'fast-check'
import CachePolicy from 'http-cache-semantics'
import { test } from 'tap'
import { parseCacheControl } from '../../src/http/cache-control.ts'
import { formatHttpDate } from '../../src/http/date.ts'
import { type Life, lifeOf } from '../../src/http/freshness.ts'
import { requestControl, reuseOf } from '../../src/http/reuse.ts'
import { storingRefusal } from '../../src/http/storing.ts'
import { governing } from '../../src/http/targeted.ts'

// http-cache-semantics judges the same responses. Where it comes to another result, one of the reasons below has to
// apply, and each of them has an example that nothing else explains: no difference without a reason, no reason without one.

const received = Date.UTC(2026, 5, 1, 12)
const at = (seconds: number) => formatHttpDate(received + seconds * 1000)

interface Case {
  readonly status: number
  readonly cacheControl: string | undefined
  readonly asked: string | undefined
  readonly fields: Readonly<Record<string, string>>
  /** Seconds between the receipt and the second request. */
  readonly later: number
}

/** The moment of receipt and an hour, in a zone that HTTP does not know. */
const otherZone = 'Mon, 01 Jun 2026 14:00:00 +0100'

const seconds = fc.constantFrom('0', '5', '60', '100', '3600')
const directive = fc.oneof(
  { weight: 4, arbitrary: seconds.map((n) => `max-age=${n}`) },
  { weight: 2, arbitrary: seconds.map((n) => `s-maxage=${n}`) },
  seconds.map((n) => `stale-while-revalidate=${n}`),
  seconds.map((n) => `stale-if-error=${n}`),
  fc.constantFrom(
    ...'no-store no-cache private public must-revalidate proxy-revalidate must-understand'.split(' ')
  ),
  fc.constantFrom(
    ...'private="a" no-cache="a" No-Store MAX-AGE=60 max-age=60a max-age=-5 max-age="60"'.split(' ')
  )
)
const requestDirective = fc.oneof(
  seconds.map((n) => `max-age=${n}`),
  seconds.map((n) => `min-fresh=${n}`),
  seconds.map((n) => `max-stale=${n}`),
  fc.constantFrom('no-cache', 'no-store', 'max-stale', 'only-if-cached')
)
const someDate = fc.constantFrom(at(0), at(-100), at(60), at(1000), '0', 'soon', otherZone)
const field = fc.oneof(
  fc.tuple(fc.constant('expires'), someDate),
  fc.tuple(fc.constant('date'), fc.constantFrom(at(0), at(-30), 'x')),
  fc.tuple(fc.constant('last-modified'), fc.constantFrom(at(-1000), at(-1e9), at(1000), 'x')),
  fc.tuple(fc.constant('age'), fc.constantFrom('0', '30', '30, 5', 'x', '30x')),
  fc.constantFrom(
    ['set-cookie', 'a=b'],
    ['pragma', 'no-cache'],
    ['vary', '*'],
    ['vary', 'a'],
    ['vary', 'a, *']
  )
)
const someFields = fc
  .uniqueArray(field, { selector: ([name]) => name, maxLength: 4 })
  .map((pairs): Record<string, string> => Object.fromEntries(pairs))
const cases: fc.Arbitrary<Case> = fc.record({
  status: fc.constantFrom(200, 200, 200, 203, 204, 206, 301, 302, 404, 410, 500, 503, 599),
  cacheControl: fc.option(
    fc.uniqueArray(directive, { minLength: 1, maxLength: 3 }).map((all) => all.join(', ')),
    { nil: undefined, freq: 6 }
  ),
  asked: fc.option(
    fc.uniqueArray(requestDirective, { minLength: 1, maxLength: 2 }).map((all) => all.join(', ')),
    { nil: undefined, freq: 2 }
  ),
  fields: someFields,
  later: fc.constantFrom(0, 1, 20, 59, 60, 61, 90, 200)
})

/** Undefined where it may not even be stored. */
function weReuse(one: Case): boolean | undefined {
  const response = rawOf(one)
  const exchange = { method: 'GET', host: 'h', target: '/', request: [], status: one.status, response }
  if (storingRefusal(exchange, governing(response)) !== undefined) return undefined
  const asked = one.asked === undefined ? [] : ['Cache-Control', one.asked]
  return reuseOf(lifeIn(one), requestControl(asked), received + one.later * 1000) !== 'revalidate'
}

function lifeIn(one: Case): Life {
  const response = rawOf(one)
  return lifeOf(one.status, response, governing(response), { requestedAt: received, receivedAt: received })
}

function rawOf(one: Case): string[] {
  const response = Object.entries(one.fields).flat()
  return one.cacheControl === undefined ? response : [...response, 'Cache-Control', one.cacheControl]
}

function theyReuse(one: Case): boolean | undefined {
  const headers = {
    ...one.fields,
    ...(one.cacheControl === undefined ? {} : { 'cache-control': one.cacheControl })
  }
  let now = received
  class Timed extends CachePolicy {
    now() {
      return now
    }
  }
  const first = { method: 'GET', url: '/', headers: {} }
  const policy = new Timed(first, { status: one.status, headers })
  if (!policy.storable()) return undefined
  now += one.later * 1000
  const asked = one.asked === undefined ? {} : { 'cache-control': one.asked }
  return policy.evaluateRequest({ method: 'GET', url: '/', headers: asked }).response !== undefined
}

/** Why the results may differ, under the words of RFC 9111. */
interface Reason {
  /** Who reuses where the other one does not; undefined: it goes both ways. */
  readonly bolder?: 'ours' | 'theirs'
  applies(one: Case): boolean
  /** A case that differs for this reason alone. */
  readonly example: Partial<Case>
}

const plain: Case = {
  status: 200,
  cacheControl: undefined,
  asked: undefined,
  fields: {},
  later: 1
}

const says = (pattern: RegExp) => (one: Case) => pattern.test(one.cacheControl ?? '')

const reasons: Record<string, Reason> = {
  '§5.2: "Cache directives are identified by a token, to be compared case-insensitively"': {
    applies: says(/MAX-AGE/),
    example: { cacheControl: 'MAX-AGE=60' }
  },
  '§5.2.2.2: "once the response has become stale, a cache MUST NOT reuse"; before, it may': {
    bolder: 'ours',
    applies: says(/must-revalidate/),
    example: { cacheControl: 'max-age=60, must-revalidate' }
  },
  '§5.2.2.8: "analogous to must-revalidate", as above': {
    applies: says(/proxy-revalidate/),
    example: { cacheControl: 'max-age=60, proxy-revalidate' }
  },
  '§5.2.2.10: "A shared cache MUST NOT reuse a stale response with s-maxage"': {
    bolder: 'theirs',
    applies: (one) => says(/s-maxage/)(one) && mayBeStale(one),
    example: { cacheControl: 's-maxage=5', asked: 'max-stale', later: 20 }
  },
  '§5.2.2.4: "MUST NOT be used to satisfy any other request", stale no more than fresh': {
    bolder: 'theirs',
    applies: (one) => says(/no-cache(?!=)/)(one) && mayBeStale(one),
    example: { cacheControl: 'no-cache, stale-while-revalidate=60' }
  },
  '§5.2.2.4: the rest may be used "if the listed header fields are excluded from the subsequent response"': {
    bolder: 'ours',
    applies: says(/no-cache="/),
    example: { cacheControl: 'no-cache="a", max-age=60' }
  },
  '§4.2.1: "encouraged to consider responses that have invalid freshness information … to be stale"': {
    bolder: 'theirs',
    applies: says(/max-age=60a/),
    example: { cacheControl: 'max-age=60a' }
  },
  '§1.2.2: "delta-seconds rule specifies a non-negative integer": -5 is no staleness at birth': {
    bolder: 'ours',
    applies: (one) => says(/max-age=-5/)(one) && mayBeStale(one),
    example: { cacheControl: 'max-age=-5', asked: 'max-stale=5' }
  },
  '§4.2.1: "either the first occurrence should be used, or …"; the other takes the last': {
    applies: (one) =>
      [one.cacheControl, one.asked].some((value) =>
        /(?<![a-z-])([a-z-]+)(?![a-z-]).*, \1(?![a-z-])/i.test(value ?? '')
      ),
    example: { cacheControl: 'max-age=60, max-age=0' }
  },
  '§7.3: "the Set-Cookie response header field does not inhibit caching"; who will not share it says so': {
    bolder: 'ours',
    applies: (one) => one.fields['set-cookie'] !== undefined,
    example: { cacheControl: 'max-age=60', fields: { 'set-cookie': 'a=b' } }
  },
  '§5.4: its meaning "in responses was never specified"': {
    bolder: 'ours',
    applies: (one) => one.fields.pragma !== undefined && one.cacheControl === undefined,
    example: { fields: { pragma: 'no-cache', expires: at(60), date: at(0) } }
  },
  '§5.1: an Age that "contains something other than a non-negative integer" is ignored': {
    bolder: 'ours',
    applies: (one) => one.fields.age === '30x',
    example: { cacheControl: 'max-age=5', fields: { age: '30x' } }
  },
  '§5.3: "MUST interpret invalid date formats … as representing a time in the past"': {
    bolder: 'theirs',
    applies: (one) => one.fields.expires === otherZone && !isExplicit(one),
    example: { fields: { expires: otherZone } }
  },
  '§5.2.1.2: "by no more than the specified number of seconds": by that number is still right': {
    bolder: 'ours',
    applies: (one) => (one.asked ?? '').includes(`max-stale=${stalenessOf(one)}`),
    example: { cacheControl: 'max-age=0', asked: 'max-stale=60', later: 60 }
  },
  '§5.2.1.1: unless with max-stale "the client does not wish to receive a stale response"': {
    bolder: 'theirs',
    applies: (one) => /max-age/.test(one.asked ?? '') && says(/stale-while-revalidate/)(one),
    example: { cacheControl: 'max-age=5, stale-while-revalidate=60', asked: 'max-age=60', later: 20 }
  }
}

function mayBeStale(one: Case): boolean {
  return /max-stale/.test(one.asked ?? '') || says(/stale-while-revalidate/)(one)
}

function stalenessOf(one: Case): number {
  const life = lifeIn(one)
  return (received + one.later * 1000 - life.freshUntil) / 1000
}

function isExplicit(one: Case): boolean {
  const { maxAge, sMaxage } = parseCacheControl(one.cacheControl)
  return maxAge !== undefined || sMaxage !== undefined
}

/** The reasons that explain why we reuse and they do not, or the other way round. */
function explaining(one: Case): string[] {
  const bolder = weReuse(one) ? 'ours' : 'theirs'
  return Object.entries(reasons)
    .filter(([, reason]) => (reason.bolder ?? bolder) === bolder && reason.applies(one))
    .map(([name]) => name)
}

function agrees(one: Case): boolean {
  const [here, there] = [weReuse(one), theyReuse(one)]
  if (here === undefined || there === undefined || here === there) return true
  return explaining(one).length > 0
}

test('http-cache-semantics reuses the same, but for what the RFC says otherwise', async (t) => {
  fc.assert(fc.property(cases, agrees), { numRuns: 30_000 })
  for (const [name, { example }] of Object.entries(reasons)) {
    const one = { ...plain, ...example }
    t.not(weReuse(one), theyReuse(one), name)
    t.same(explaining(one), [name])
  }
})
