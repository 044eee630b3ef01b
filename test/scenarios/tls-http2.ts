import { once } from 'node:events'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Timekeeper } from '../../src/cache.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { answerOn, Http2Client, headOn } from '../fixtures/tls-client.ts'
import { until } from '../fixtures/until.ts'

const target = '/hls/0/stream-abcdefghi-1.ts'
const body = packets(11000)

interface Stage {
  readonly origin: ScriptedOrigin
  readonly edge: Awaited<ReturnType<typeof secureEdgeBefore>>
  readonly viewer: Http2Client
  /** One more viewer with a connection of its own. */
  another(): Promise<Http2Client>
}

async function stage(t: Test, flags: readonly string[] = [], clock?: Timekeeper): Promise<Stage> {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, ['--drain-timeout', '5s', ...flags], clock)
  const another = async (): Promise<Http2Client> => {
    const client = await Http2Client.to(edge.address, { ca: edge.authority.pem })
    t.teardown(() => client.close())
    return client
  }
  origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t', 'ETag', '"one"'], body))
  return { origin, edge, viewer: await another(), another }
}

test('over HTTP/2, a segment is a miss, then a hit, byte for byte', async (t) => {
  const { origin, viewer } = await stage(t)
  const miss = await viewer.ask(target)
  t.match(miss.fields['cache-status'], /fwd=uri-miss; stored/)
  t.ok(miss.body.equals(body))
  const hit = await viewer.ask(target)
  t.match(hit.fields['cache-status'], /^edge; hit/)
  t.equal(hit.fields['content-length'], String(body.length))
  t.ok(hit.body.equals(body))
  t.equal(origin.count(target), 1)
})

test('over HTTP/2, HEAD, ranges, conditions and preflights are answered as over HTTP/1.1', async (t) => {
  const { viewer } = await stage(t)
  await viewer.ask(target)
  const head = await viewer.ask(target, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.fields['content-length'], String(body.length))
  t.equal(head.body.length, 0)
  const part = await viewer.ask(target, { fields: ['range', 'bytes=100-299999'] })
  t.equal(part.status, 206)
  t.equal(part.fields['content-range'], `bytes 100-299999/${body.length}`)
  t.ok(part.body.equals(body.subarray(100, 300000)))
  const beyond = await viewer.ask(target, { fields: ['range', 'bytes=99999999-'] })
  t.equal(beyond.status, 416)
  const same = await viewer.ask(target, { fields: ['if-none-match', '"one"'] })
  t.equal(same.status, 304)
  t.equal(same.body.length, 0)
  const preflight = await viewer.ask(target, {
    method: 'OPTIONS',
    fields: ['origin', 'https://else.example']
  })
  t.equal(preflight.status, 204)
  t.equal(preflight.fields['access-control-allow-origin'], '*')
})

test('over HTTP/2, a playlist is sent and follows', async (t) => {
  const { origin, viewer } = await stage(t)
  origin.on('/hls/0/stream.m3u8', (exchange) =>
    exchange.answer(200, ['Content-Type', 'application/x-mpegURL'], mediaPlaylist())
  )
  t.equal((await viewer.ask('/hls/0/stream.m3u8')).body.toString(), mediaPlaylist())
})

test('many streams of many connections share one fill while it arrives', async (t) => {
  const { origin, viewer, another } = await stage(t)
  const coming = '/hls/0/stream-abcdefghi-2.ts'
  const held = origin.next(coming)
  const viewers = [viewer, await another(), await another()]
  const streams = viewers.flatMap((one) => Array.from({ length: 20 }, () => one.begin(coming)))
  const exchange = await held
  exchange.begin(200, ['Content-Type', 'video/mp2t', 'Content-Length', String(body.length)])
  exchange.send(body.subarray(0, 1_000_000))
  const answers = streams.map(answerOn)
  await Promise.all(streams.map((stream) => once(stream, 'data')))
  exchange.send(body.subarray(1_000_000))
  exchange.done()
  for (const answer of await Promise.all(answers)) t.ok(answer.body.equals(body))
  t.equal(origin.count(coming), 1)
})

test('a body that breaks off is a stream that breaks off, with and without a length, and the connection goes on', async (t) => {
  const clock = new ManualClock()
  const { origin, viewer } = await stage(t, [], clock)
  const lengths = { '-3.ts': ['Content-Length', String(body.length)], '-4.ts': ['Connection', 'close'] }
  for (const [end, length] of Object.entries(lengths)) {
    const broken = `/hls/0/stream-abcdefghi${end}`
    origin.on(broken, (exchange) => {
      if (origin.count(broken) > 1) return exchange.answer(404)
      exchange.begin(200, ['Content-Type', 'video/mp2t', ...length])
      exchange.send(body.subarray(0, 188_000))
      exchange.break()
    })
    const stream = viewer.begin(broken)
    await headOn(stream)
    stream.resume()
    await t.rejects(clock.passUntil(once(stream, 'end')), { code: 'ERR_HTTP2_STREAM_ERROR' })
    t.equal(stream.rstCode, 2, 'INTERNAL_ERROR')
  }
  t.equal((await viewer.ask(target)).status, 200)
})

test('a body past the cache that breaks off is a stream that breaks off', async (t) => {
  const { origin, viewer } = await stage(t)
  const held = origin.next('/api/config')
  const stream = viewer.begin('/api/config', { method: 'POST', body: 'x' })
  const exchange = await held
  exchange.begin(200, ['Transfer-Encoding', 'chunked'])
  exchange.send('4\r\nhalf\r\n')
  await headOn(stream)
  stream.resume()
  const end = once(stream, 'end')
  exchange.break()
  await t.rejects(end, { code: 'ERR_HTTP2_STREAM_ERROR' })
  t.equal(stream.rstCode, 2, 'INTERNAL_ERROR')
})

test('an upload goes past the cache, with and without its length', async (t) => {
  const { origin, viewer } = await stage(t)
  origin.on('/api/emoji', (exchange) => void exchange.content.then(() => exchange.answer(201, [], 'taken')))
  const upload = packets(5000)
  const fields = ['cookie', 'a=1', 'x-forwarded-for', '9.9.9.9', 'content-type', 'image/png']
  for (const length of [[], ['content-length', String(upload.length)]]) {
    const answer = await viewer.ask('/api/emoji', {
      method: 'POST',
      body: upload,
      fields: [...fields, ...length]
    })
    t.equal(answer.status, 201)
    t.equal(answer.body.toString(), 'taken')
    t.match(answer.fields['cache-status'], /fwd=bypass/)
  }
  for (const exchange of origin.to('/api/emoji')) {
    t.ok((await exchange.content).body.equals(upload))
    t.equal(exchange.method, 'POST')
    t.equal(exchange.field('host'), 'edge.example')
    t.equal(exchange.field('cookie'), 'a=1')
    t.equal(exchange.field('content-type'), 'image/png')
    t.equal(exchange.field('x-forwarded-for'), '127.0.0.1')
    t.equal(exchange.field('x-forwarded-proto'), 'https')
    t.notOk(exchange.head.fields.some((name) => name.startsWith(':')))
  }
})

test('crumbs of a cookie reach the origin in one field', async (t) => {
  const { origin, viewer } = await stage(t)
  origin.on('/api/me', (exchange) => exchange.answer(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'], 'x'))
  const stream = viewer.session.request({
    ':path': '/api/me',
    ':authority': 'edge.example',
    cookie: ['a=1', 'b=2']
  })
  const answer = await answerOn(stream)
  t.same(origin.to('/api/me')[0]?.lines('cookie'), ['a=1; b=2'])
  t.same(answer.fields['set-cookie'], ['a=1', 'b=2'])
})

test('the fields of one connection of the origin do not reach HTTP/2', async (t) => {
  const { origin, viewer } = await stage(t)
  const hop = ['Connection', 'keep-alive, X-Hop', 'Keep-Alive', 'timeout=5', 'X-Hop', '1']
  origin.on('/api/config', (exchange) => exchange.answer(200, hop, '{}'))
  origin.on('/hls/0/stream-abcdefghi-4.ts', (exchange) => exchange.answer(200, hop, packets(2)))
  for (const path of ['/api/config', '/hls/0/stream-abcdefghi-4.ts']) {
    const { status, fields } = await viewer.ask(path)
    t.equal(status, 200)
    t.same([fields.connection, fields['keep-alive'], fields['x-hop']], [undefined, undefined, undefined])
  }
})

/** What node:http passes on, and what Node's HTTP/2 throws at. */
const strange: Record<string, [number, string[]]> = {
  'the same field twice that may be there once': [
    200,
    ['ETag', '"a"', 'ETag', '"b"', 'Date', 'x', 'Date', 'y']
  ],
  'a field twice, as two proxies add it': [
    200,
    ['X-Content-Type-Options', 'nosniff', 'X-Content-Type-Options', 'nosniff']
  ],
  'fields of one connection': [200, ['HTTP2-Settings', 'x', 'TE', 'x', 'Proxy-Connection', 'close']],
  'bytes beyond ASCII and nothing': [200, ['X-Name', 'caf\xe9', 'X-Nothing', '']],
  'a status that means nothing': [600, []]
}

for (const [what, [status, fields]] of Object.entries(strange)) {
  test(`an origin that says ${what} harms nobody over HTTP/2`, async (t) => {
    const { origin, viewer } = await stage(t)
    const odd = '/hls/0/stream-abcdefghi-6.ts'
    for (const path of [odd, '/api/config'])
      origin.on(path, (exchange) => exchange.answer(status, fields, packets(2)))
    const expected = status === 600 ? 502 : 200
    t.equal((await viewer.ask(odd)).status, expected)
    t.equal((await viewer.ask(odd)).status, expected)
    t.equal((await viewer.ask('/api/config', { method: 'POST', body: 'x' })).status, expected)
    t.equal((await viewer.ask(target)).status, 200)
  })
}

test('an origin that is gone is a 502 that says so in JSON, on both ways', async (t) => {
  const { origin, viewer } = await stage(t)
  await origin.close()
  for (const how of [{}, { method: 'POST', body: 'x' }]) {
    const answer = await viewer.ask('/hls/0/stream-abcdefghi-9.ts', how)
    t.equal(answer.status, 502)
    t.equal(JSON.parse(answer.body.toString()).code, 'unreachable')
  }
})

test('when the edge stops, it says GOAWAY, finishes what is under way and takes nothing more', async (t) => {
  const { origin, edge, viewer } = await stage(t)
  const coming = '/hls/0/stream-abcdefghi-5.ts'
  const held = origin.next(coming)
  const answer = viewer.ask(coming)
  const exchange = await held
  exchange.begin(200, ['Content-Type', 'video/mp2t', 'Content-Length', String(body.length)])
  const goneAway = once(viewer.session, 'goaway')
  const stopped = edge.close()
  t.equal((await goneAway)[0], 0, 'NO_ERROR')
  exchange.send(body)
  exchange.done()
  t.ok((await answer).body.equals(body))
  await stopped
})

test('streams that are opened only to be reset end the connection, and others are answered', async (t) => {
  const { origin, edge, viewer, another } = await stage(t)
  viewer.session.on('error', () => {})
  for (let i = 0; i < 3000 && !viewer.session.destroyed; i++) {
    const stream = viewer.begin(`/hls/0/stream-abcdefghi-${i + 1000}.ts`)
    stream.on('error', () => {})
    stream.close(8)
    if (i % 50 === 0) await new Promise(setImmediate)
  }
  // Which end is told first depends on the version of Node.
  await until('it is over', () => viewer.session.destroyed || edge.read().connections === 0)
  t.equal((await (await another()).ask(target)).status, 200)
  t.ok(origin.count(/./) < 3000)
})

test('a list of fields beyond the limit is refused, and the connection goes on', async (t) => {
  const { viewer } = await stage(t)
  const many = Array.from({ length: 40 }, (_, i) => [`x-${i}`, 'v'.repeat(1000)]).flat()
  await t.rejects(viewer.ask(target, { fields: many }))
  t.equal((await viewer.ask(target)).status, 200)
})

test('no more than 128 streams at once are accepted, and websockets over HTTP/2 are not offered', async (t) => {
  const { viewer } = await stage(t)
  t.equal(viewer.session.remoteSettings.maxConcurrentStreams, 128)
  t.notOk(viewer.session.remoteSettings.enableConnectProtocol)
})

test('what HTTP/2 carries is counted: connections, requests and bytes', async (t) => {
  const { edge, viewer } = await stage(t)
  await viewer.ask(target)
  await viewer.ask(target)
  t.equal(edge.read().connections, 1)
  t.ok((edge.read().certificateUntil ?? 0) > Date.now())
  t.ok(edge.read().bytesOut > 2 * body.length)
  viewer.close()
  await until('the connection is gone', () => edge.read().connections === 0)
  t.ok(edge.read().bytesOut > 2 * body.length)
})
