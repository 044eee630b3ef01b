import { test } from 'tap'
import { fieldLines, fieldValue } from '../../src/http/fields.ts'
import { ageOf, headOf, judge, lengthOf } from '../../src/keeper/admit.ts'
import { type Rule, route } from '../../src/policy.ts'

function ruleOf(target: string): Rule {
  const found = route(target, 'Mastodon')
  if (found.kind !== 'stored') throw new Error(`${target} is not stored`)
  return found.rule
}

const segment = ruleOf('/hls/0/stream-abcdefghi-1.ts')
const playlist = ruleOf('/hls/0/stream.m3u8')
const config = ruleOf('/api/config')
const asset = ruleOf('/_next/static/a.js')
const now = Date.UTC(2025, 9, 1, 10)

test('a 200 is stored whatever its Cache-Control says, unless it says private', async (t) => {
  for (const value of ['no-store', 'no-cache, max-age=0', 'max-age=1', 'public', '', 's-maxage=0'])
    t.same(judge(config, 200, ['Cache-Control', value], 1e6), { kind: 'store' }, value)
  for (const value of ['private', 'max-age=60, Private', 'private="x"'])
    t.same(judge(config, 200, ['Cache-Control', value], 1e6), { kind: 'uncacheable', why: 'private' }, value)
  t.same(judge(config, 200, [], 1e6), { kind: 'store' })
})

test('what belongs to one client is not shared', async (t) => {
  const cases: [number, string[], string][] = [
    [200, ['Set-Cookie', 'a=b'], 'set-cookie'],
    [404, ['set-cookie', ''], 'set-cookie'],
    [401, [], 'authorization'],
    [403, [], 'authorization'],
    [206, [], 'unasked-range'],
    [301, [], 'redirect'],
    [307, [], 'redirect'],
    [200, ['Vary', 'Cookie'], 'vary'],
    [200, ['Vary', 'accept-encoding', 'Vary', 'User-Agent'], 'vary'],
    [200, ['Vary', '*'], 'vary'],
    [200, ['Vary', 'Origin'], 'vary']
  ]
  for (const [status, fields, why] of cases)
    t.same(judge(config, status, fields, 1e6), { kind: 'uncacheable', why }, `${status} ${fields}`)
  t.same(judge(config, 200, ['Vary', 'Accept-Encoding'], 1e6), { kind: 'store' })
  t.same(
    judge(segment, 200, ['Vary', 'Origin, Accept-Encoding'], 1e6),
    { kind: 'store' },
    'any site may read it'
  )
})

test('what is too large to keep is known by its stated length', async (t) => {
  const tooLarge = { kind: 'uncacheable', why: 'too-large' }
  t.same(judge(segment, 200, ['Content-Length', '1000001'], 1e6), tooLarge)
  t.same(judge(segment, 200, ['Content-Length', '1000000'], 1e6), { kind: 'store' })
  t.same(judge(segment, 200, ['Content-Length', 'many'], 1e6), { kind: 'store' })
})

test('a 404 is remembered under /hls/ only, and no other failure anywhere', async (t) => {
  for (const status of [404, 410]) {
    t.same(judge(segment, status, [], 1e6), { kind: 'missing' })
    t.same(judge(playlist, status, [], 1e6), { kind: 'missing' })
    t.same(judge(asset, status, [], 1e6), { kind: 'pass-on' })
  }
  for (const status of [400, 405, 416, 429, 500, 502, 503, 504, 204])
    for (const rule of [segment, config])
      t.same(judge(rule, status, [], 1e6), { kind: 'pass-on' }, String(status))
  t.same(judge(segment, 304, [], 1e6), { kind: 'not-modified' })
})

const received = ['Content-Type', 'text/plain', 'Content-Length', '12', 'Age', '7', 'Accept-Ranges', 'bytes']
received.push(
  'Cache-Control',
  'public, max-age=31557600',
  'Expires',
  'never',
  'Connection',
  'X-Hop',
  'X-Hop',
  '1'
)
received.push('Vary', 'Accept-Encoding', 'Access-Control-Allow-Origin', 'https://a.example', 'X-Own', '1')
received.push('Last-Modified', 'Wed, 01 Oct 2025 09:00:00 GMT', 'ETag', '"a"')

test('the head that clients get says of media what is true, readable by any site', async (t) => {
  const head = headOf(segment, 200, received, now)
  const value = (name: string) => fieldLines(head.fields, name).join(' and ')
  t.equal(value('content-type'), 'video/mp2t')
  t.equal(value('access-control-allow-origin'), '*')
  t.equal(value('cache-control'), 'public, max-age=31557600')
  t.equal(value('date'), 'Wed, 01 Oct 2025 10:00:00 GMT')
  t.equal(value('x-own'), '1')
  for (const name of ['content-length', 'age', 'accept-ranges', 'vary', 'connection', 'x-hop'])
    t.equal(value(name), '', name)
  t.match(head, { status: 200, length: 12, etag: '"a"', date: now, lastModified: now - 3_600_000 })
})

test('a playlist and a file that must not be kept say so to clients', async (t) => {
  const value = (rule: Rule, name: string) => fieldValue(headOf(rule, 200, received, now).fields, name)
  t.equal(value(playlist, 'cache-control'), 'no-cache, no-store, must-revalidate')
  t.equal(value(playlist, 'expires'), undefined)
  t.equal(value(ruleOf('/sw.js'), 'cache-control'), 'no-cache')
  t.equal(value(ruleOf('/hls/0/offline.ts'), 'cache-control'), 'public, max-age=5')
  t.equal(value(config, 'vary'), 'Accept-Encoding', 'texts differ by coding')
  t.equal(value(config, 'access-control-allow-origin'), 'https://a.example', 'left as Owncast says it')
})

test('Cache-Control of anything but a 200 is never honoured', async (t) => {
  for (const rule of [segment, playlist, config, asset])
    for (const status of [404, 410, 500]) {
      const { fields } = headOf(rule, status, received, now)
      t.same(fieldLines(fields, 'cache-control'), ['no-store'])
      t.same(fieldLines(fields, 'expires'), [])
      t.same(fieldLines(fields, 'content-type'), ['text/plain'])
    }
})

test('lengths and ages that are no numbers count as none', async (t) => {
  t.equal(lengthOf(['Content-Length', '12']), 12)
  for (const text of ['', '-1', '1e3', '0x10', '12, 12', ' ', '9'.repeat(16)])
    t.equal(lengthOf(['Content-Length', text]), undefined, text)
  t.equal(lengthOf([]), undefined)
  t.equal(ageOf(['Age', '90']), 90_000)
  for (const text of ['', '-1', '1.5', 'old', '9'.repeat(10)]) t.equal(ageOf(['Age', text]), 0, text)
  t.equal(ageOf(['Age', '1', 'Edge-Age', '1234']), 1234, 'an edge behind us says it exactly')
  t.equal(ageOf(['Age', '1', 'Edge-Age', 'x']), 1000)
})
