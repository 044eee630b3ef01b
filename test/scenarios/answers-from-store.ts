import { type Test, test } from 'tap'
import { type Ask, ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const media = packets(1000)
const modified = 'Wed, 01 Oct 2025 10:00:00 GMT'

/** An edge that has stored a segment with a Last-Modified and no ETag, as Owncast sends it. */
async function stored(t: Test, fields: readonly string[] = []) {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  origin.on(segment, (exchange) => exchange.answer(200, ['Last-Modified', modified, ...fields], media))
  await ask(edge.address, segment)
  const get = (fields: readonly string[], more: Ask = {}) => ask(edge.address, segment, { fields, ...more })
  return { origin, clock, edge, get }
}

test('a byte range is answered with exactly these bytes', async (t) => {
  const { get, origin } = await stored(t)
  const size = media.length
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=100-299', 100, 300],
    ['bytes=65535-65537', 65535, 65538],
    ['bytes=187000-', 187000, size],
    ['bytes=-188', size - 188, size],
    ['bytes=-99999999', 0, size],
    ['bytes=5-99999999', 5, size]
  ]
  for (const [range, start, end] of cases) {
    const answer = await get(['Range', range])
    t.equal(answer.status, 206, range)
    t.equal(answer.field('content-range'), `bytes ${start}-${end - 1}/${size}`)
    t.equal(answer.field('content-length'), String(end - start))
    t.equal(answer.field('access-control-allow-origin'), '*')
    t.ok(answer.body.equals(media.subarray(start, end)), range)
  }
  t.equal(origin.requests.length, 1)
})

test('a range beyond the end is a 416 that any site may read', async (t) => {
  const { get } = await stored(t)
  for (const range of [`bytes=${media.length}-`, 'bytes=-0']) {
    const answer = await get(['Range', range])
    t.equal(answer.status, 416)
    t.equal(answer.field('content-range'), `bytes */${media.length}`)
    t.equal(answer.field('access-control-allow-origin'), '*')
    t.equal(answer.body.length, 0)
  }
})

test('several ranges, other units and nonsense are answered with the whole', async (t) => {
  const { get } = await stored(t)
  for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=9-1', 'nonsense']) {
    const answer = await get(['Range', range])
    t.equal(answer.status, 200, range)
    t.ok(answer.body.equals(media), range)
  }
})

test('a range under a condition that does not hold is answered with the whole', async (t) => {
  const { get } = await stored(t)
  t.equal((await get(['Range', 'bytes=0-9', 'If-Range', modified])).status, 206)
  t.equal((await get(['Range', 'bytes=0-9', 'If-Range', 'Wed, 01 Oct 2025 09:00:00 GMT'])).status, 200)
  t.equal((await get(['Range', 'bytes=0-9', 'If-Range', '"etag"'])).status, 200)
})

test('a range of a segment that is still arriving is sent as soon as it is there', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(segment)
  const whole = ask(edge.address, segment)
  const exchange = await asked
  exchange.begin(200, ['Content-Length', String(media.length)])
  exchange.send(media.subarray(0, 1000))
  const part = await ask(edge.address, segment, { fields: ['Range', 'bytes=100-299'] })
  t.equal(part.status, 206)
  t.same(part.body, media.subarray(100, 300), 'before the rest has come')
  exchange.send(media.subarray(1000))
  exchange.done()
  t.ok((await whole).body.equals(media))
  t.equal(origin.requests.length, 1)
})

test('whoever has it already is told so', async (t) => {
  const { get } = await stored(t, ['ETag', '"v1"'])
  const unchanged: string[][] = [
    ['If-None-Match', '"v1"'],
    ['If-None-Match', '"v0", W/"v1"'],
    ['If-None-Match', '*'],
    ['If-Modified-Since', modified],
    ['If-Modified-Since', 'Wed, 01 Oct 2025 11:00:00 GMT'],
    ['If-None-Match', '"v1"', 'Range', 'bytes=0-1']
  ]
  for (const fields of unchanged) {
    const answer = await get(fields)
    t.equal(answer.status, 304, fields.join(' '))
    t.equal(answer.field('etag'), '"v1"')
    t.equal(answer.field('access-control-allow-origin'), '*')
    t.equal(answer.field('content-length'), undefined)
    t.match(answer.field('cache-status'), 'edge; hit')
  }
  const changed: string[][] = [
    ['If-None-Match', '"v2"'],
    ['If-None-Match', '"v2"', 'If-Modified-Since', modified],
    ['If-Modified-Since', 'Wed, 01 Oct 2025 09:59:59 GMT'],
    ['If-Modified-Since', 'yesterday']
  ]
  for (const fields of changed) t.equal((await get(fields)).status, 200, fields.join(' '))
})

test('a playlist is always sent: two of them may share the second of their Last-Modified', async (t) => {
  const { origin, edge } = await stored(t)
  const name = '/hls/0/stream.m3u8'
  origin.on(name, (exchange) => exchange.answer(200, ['Last-Modified', modified], mediaPlaylist()))
  for (let i = 0; i < 2; i++)
    t.equal((await ask(edge.address, name, { fields: ['If-Modified-Since', modified] })).status, 200)
})

test('HEAD is answered from what is stored, with the fields of GET and no body', async (t) => {
  const { get, origin } = await stored(t)
  const head = await get([], { method: 'HEAD' })
  const whole = await get([])
  t.same(head.fields, whole.fields)
  t.equal(head.field('content-length'), String(media.length))
  t.equal(origin.requests.length, 1)
})

test('Age tells how long ago the origin made it, other caches before us included', async (t) => {
  const { get, clock } = await stored(t)
  t.equal((await get([])).field('age'), '0')
  clock.pass(2500)
  t.equal((await get([])).field('age'), '2')
  t.equal((await get(['Range', 'bytes=0-1'])).field('age'), '2')
  const old = await stored(t, ['Age', '100'])
  old.clock.pass(3000)
  const answer = await old.get([])
  t.same(answer.lines('age'), ['103'], 'once')
})

test('Cache-Status says how each answer came about', async (t) => {
  const { get, clock, edge, origin } = await stored(t)
  t.equal((await get([])).field('cache-status'), 'edge; hit; ttl=600')
  clock.pass(10_000)
  t.equal((await get([])).field('cache-status'), 'edge; hit; ttl=590')
  const status = '/api/status'
  origin.on(status, (exchange) => exchange.answer(200, [], '{}'))
  t.equal((await ask(edge.address, status)).field('cache-status'), 'edge; fwd=uri-miss; stored')
  t.equal((await ask(edge.address, '/api/admin/status')).field('cache-status'), 'edge; fwd=bypass')
  clock.pass(1001)
  origin.on(status, (exchange) => exchange.answer(503))
  t.match(
    (await ask(edge.address, status)).field('cache-status'),
    /^edge; fwd=stale; ttl=-1; detail=unusable$/
  )
})

test('the Cache-Status of an edge nearer to the origin stands before ours', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], media))
  const inner = await edgeBefore(t, origin)
  const outer = await edgeBefore(t, inner)
  const answer = await ask(outer.address, segment)
  t.equal(answer.field('cache-status'), 'edge; fwd=uri-miss; stored, edge; fwd=uri-miss; stored')
  const again = await ask(outer.address, segment)
  t.match(again.field('cache-status'), /^edge; fwd=uri-miss; stored, edge; hit; ttl=\d+$/)
  t.match(
    (await ask(outer.address, '/api/admin/x')).field('cache-status'),
    'edge; fwd=bypass, edge; fwd=bypass'
  )
})

test('preflights under /hls/ are answered here, and Owncast counts nobody for them', async (t) => {
  const { edge, origin } = await stored(t)
  const before = origin.requests.length
  for (const target of [segment, '//hls/stream.m3u8', '/hls/0/stream.m3u8?a=b']) {
    const answer = await ask(edge.address, target, {
      method: 'OPTIONS',
      fields: ['Origin', 'https://a.example', 'Access-Control-Request-Headers', 'range']
    })
    t.equal(answer.status, 204)
    t.equal(answer.field('access-control-allow-origin'), '*')
    t.match(answer.field('access-control-allow-headers'), /Range.*CMCD-Session/)
    t.match(answer.field('access-control-allow-methods'), 'GET')
  }
  t.equal(origin.requests.length, before)
  await ask(edge.address, '/api/chat/register', { method: 'OPTIONS' })
  t.equal(origin.requests.length, before + 1, 'others are the origin’s to answer')
})

test('every status under /hls/ may be read by any site', async (t) => {
  const { edge, origin } = await stored(t)
  origin.on('/hls/forbidden.txt', (exchange) => exchange.answer(403))
  origin.on('/hls/0/stream-abcdefghi-403.ts', (exchange) => exchange.answer(403))
  origin.on('/hls/0/stream-abcdefghi-302.ts', (exchange) => exchange.answer(302, ['Location', '/']))
  origin.on('/hls/own.txt', (exchange) => exchange.answer(200, ['Access-Control-Allow-Origin', '*']))
  const targets = [
    'forbidden.txt',
    'own.txt',
    '0/stream-abcdefghi-403.ts',
    '0/stream-abcdefghi-302.ts',
    'none'
  ]
  for (const name of targets)
    t.same((await ask(edge.address, `/hls/${name}`)).lines('access-control-allow-origin'), ['*'], name)
  const post = await ask(edge.address, segment, { method: 'POST', fields: ['Content-Length', '0'] })
  t.same(post.lines('access-control-allow-origin'), ['*'], 'POST')
  await origin.close()
  for (const [method, name] of [
    ['GET', 'none'],
    ['HEAD', '0/stream-abcdefghi-9.ts'],
    ['GET', '0/stream-abcdefghi-9.ts']
  ] as const) {
    const answer = await ask(edge.address, `/hls/${name}`, { method })
    t.same([answer.status, answer.field('access-control-allow-origin')], [502, '*'], `${method} ${name}`)
  }
})
