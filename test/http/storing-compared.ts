import fc from 'fast-check'
import CachePolicy from 'http-cache-semantics'
import { test } from 'tap'
import { storingRefusal } from '../../src/http/storing.ts'
import { governing } from '../../src/http/targeted.ts'

// http-cache-semantics judges the same responses. Where it comes to another result, one of the reasons below has to
// apply, and each of them has an example that nothing else explains: no difference without a reason, no reason without one.

interface Case {
  readonly status: number
  readonly cacheControl: string | undefined
  readonly fields: Readonly<Record<string, string>>
  /** Whether the request had an Authorization. */
  readonly authorized: boolean
}

const directive = fc.constantFrom(
  ...[
    'max-age=0',
    'max-age=60',
    's-maxage=60',
    'no-store',
    'no-cache',
    'private',
    'public',
    'must-revalidate'
  ],
  ...[
    'must-understand',
    'private="a"',
    'no-cache="a"',
    'No-Store',
    'MAX-AGE=60',
    'max-age=x',
    'foo="no-store"',
    'immutable'
  ]
)
const field = fc.constantFrom(
  ['expires', '0'],
  ['vary', '*'],
  ['vary', 'a, *'],
  ['vary', 'a'],
  ['set-cookie', 'a=b']
)
const cases: fc.Arbitrary<Case> = fc.record({
  status: fc.constantFrom(200, 200, 203, 204, 301, 302, 307, 404, 410, 500, 503, 599),
  cacheControl: fc.option(
    fc.uniqueArray(directive, { minLength: 1, maxLength: 3 }).map((all) => all.join(', ')),
    { nil: undefined }
  ),
  fields: fc
    .uniqueArray(field, { selector: ([name]) => name, maxLength: 2 })
    .map((pairs): Record<string, string> => Object.fromEntries(pairs)),
  authorized: fc.boolean()
})

function weStore({ status, cacheControl, fields, authorized }: Case): boolean {
  const response = Object.entries(fields).flat()
  if (cacheControl !== undefined) response.push('Cache-Control', cacheControl)
  const request = authorized ? ['Authorization', 'x'] : []
  const exchange = { method: 'GET', host: 'h', target: '/', request, status, response }
  return storingRefusal(exchange, governing(response)) === undefined
}

function theyStore({ status, cacheControl, fields, authorized }: Case): boolean {
  const headers = { ...fields, ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }) }
  const request = { method: 'GET', url: '/', headers: authorized ? { authorization: 'x' } : {} }
  return new CachePolicy(request, { status, headers }).storable()
}

/** Why the results may differ, under the words of RFC 9111. */
interface Reason {
  /** Who stores where the other one does not. */
  readonly bolder: 'ours' | 'theirs'
  applies(one: Case): boolean
  /** A case that differs for this reason alone. */
  readonly example: Partial<Case>
}

const plain: Case = { status: 200, cacheControl: undefined, fields: {}, authorized: false }

const says = (pattern: RegExp) => (one: Case) => pattern.test(one.cacheControl ?? '')

const reasons: Record<string, Reason> = {
  '§3 asks only for 206, 304 and must-understand that "the cache understands the response status code"': {
    bolder: 'ours',
    applies: (one) => [500, 503, 599].includes(one.status),
    example: { status: 503, cacheControl: 'max-age=60' }
  },
  '§5.2.2.3: "SHOULD ignore the no-store directive in responses that contain both directives and a status code that the cache understands"':
    {
      bolder: 'ours',
      applies: says(/must-understand/),
      example: { cacheControl: 'no-store, must-understand' }
    },
  '§5.2.2.7: "MUST NOT store the listed header fields …, but MAY store the remainder of the response message"':
    {
      bolder: 'ours',
      applies: says(/private="/),
      example: { cacheControl: 'private="a"' }
    },
  '§5.2: "Cache directives are identified by a token, to be compared case-insensitively"': {
    bolder: 'theirs',
    applies: says(/No-Store/),
    example: { cacheControl: 'No-Store' }
  },
  '§5.2, as above, where the directive allows storing': {
    bolder: 'ours',
    applies: says(/MAX-AGE/),
    example: { status: 302, cacheControl: 'MAX-AGE=60' }
  },
  '§4.1: a Vary with a member * "always fails to match"; such a response is not worth storing': {
    bolder: 'theirs',
    applies: (one) => one.fields.vary?.includes('*') === true,
    example: { fields: { vary: 'a, *' } }
  }
}

/** The reasons that explain why we store and they do not, or the other way round. */
function explaining(one: Case): string[] {
  const bolder = weStore(one) ? 'ours' : 'theirs'
  return Object.keys(reasons).filter(
    (name) => reasons[name]!.bolder === bolder && reasons[name]!.applies(one)
  )
}

test('http-cache-semantics stores the same, but for what the RFC says otherwise', async (t) => {
  const agrees = (one: Case) => weStore(one) === theyStore(one) || explaining(one).length > 0
  fc.assert(fc.property(cases, agrees), { numRuns: 10_000 })
  for (const [name, { example }] of Object.entries(reasons)) {
    const one = { ...plain, ...example }
    t.not(weStore(one), theyStore(one), name)
    t.same(explaining(one), [name])
  }
})
