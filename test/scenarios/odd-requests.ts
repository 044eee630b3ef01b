import { test } from 'tap'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'

async function setUp(t: Parameters<typeof ScriptedOrigin.start>[0]) {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    void exchange.content.then(({ body }) => exchange.answer(200, [], `${exchange.method} ${body}`))
  })
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(3)))
  return { origin, edge }
}

test('a body that comes with a GET is no second request', async (t) => {
  const { origin, edge } = await setUp(t)
  const inner = 'GET /api/admin/status HTTP/1.1\r\nHost: a\r\n\r\n'
  for (const target of [segment, segment, '/api/chat', '/hls/stream.m3u8']) {
    const wire = await Wire.to(edge.address)
    const fields = ['Content-Length', String(inner.length)]
    wire.write(requestBytes(target, { fields, body: inner }))
    wire.write(requestBytes('/api/second'))
    t.equal((await readAnswer(wire)).status, target.includes('m3u8') ? 502 : 200, target)
    t.equal((await readAnswer(wire)).body.toString(), 'GET ', `the next request after ${target}`)
    wire.destroy()
  }
  t.equal(origin.count(/admin/), 0)
  t.equal(
    (await origin.to('/api/chat')[0]?.content)?.body.toString(),
    inner,
    'it goes to the origin as what it is'
  )
})

test('requests whose end can be read in two ways are refused, and nothing of them reaches the origin', async (t) => {
  const { origin, edge } = await setUp(t)
  const asked = origin.requests.length
  const heads = [
    'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody!',
    'POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nbody',
    'POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nbody',
    'GET /api/x HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n',
    'GET /api/x HTTP/1.1\r\nHost: a\r\nX: 1\r\n Y: 2\r\n\r\n',
    'GET /api/x HTTP/1.1\r\n\r\n',
    'GET /api/x y HTTP/1.1\r\nHost: a\r\n\r\n',
    'G\x00T /api/x HTTP/1.1\r\nHost: a\r\n\r\n',
    'nonsense\r\n\r\n'
  ]
  for (const head of heads) {
    const wire = await Wire.to(edge.address)
    wire.write(head)
    t.equal((await readAnswer(wire)).status, 400, JSON.stringify(head))
    await wire.ended
    wire.destroy()
  }
  t.equal(origin.to(/^\/api\/x/).length, 0)
  t.equal(asked, 0)
  await until('nobody is connected', () => edge.read().connections === 0)
})

test('a request with two Hosts is refused, and so is such an upgrade', async (t) => {
  const { origin, edge } = await setUp(t)
  const hosts = ['Host', 'one.example', 'host', 'two.example']
  t.equal((await ask(edge.address, '/api/chat', { fields: hosts })).status, 400)
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/ws', { fields: [...hosts, ...handshake] }))
  t.equal((await readAnswer(wire)).status, 400)
  t.equal(origin.to(/chat|ws/).length, 0)
  wire.destroy()
})

test('clients of HTTP/1.0 are answered in their way', async (t) => {
  const { origin, edge } = await setUp(t)
  origin.on('/api/chunks', (exchange) => {
    exchange.begin(200, ['Transfer-Encoding', 'chunked'])
    exchange.send('5\r\nhello\r\n0\r\n\r\n')
    exchange.done()
  })
  origin.on('/hls/0/stream-abcdefghi-8.ts', (exchange) => {
    exchange.begin(200, ['Transfer-Encoding', 'chunked'])
    exchange.send('bc\r\n')
    exchange.send(packets(1))
    exchange.send('\r\n0\r\n\r\n')
    exchange.done()
  })
  for (const [target, body] of [
    [segment, packets(3)],
    [segment, packets(3)],
    ['/api/chunks', Buffer.from('hello')],
    ['/hls/0/stream-abcdefghi-8.ts', packets(1)]
  ] as const) {
    const wire = await Wire.to(edge.address)
    wire.write(`GET ${target} HTTP/1.0\r\n\r\n`)
    const answer = await readAnswer(wire)
    t.notOk(answer.field('transfer-encoding'), target)
    t.ok(answer.body.equals(body), target)
    await wire.ended
    wire.destroy()
  }
})

test('a head that is too long, or never ends, takes nothing from others', async (t) => {
  const { edge } = await setUp(t)
  const long = await Wire.to(edge.address)
  long.write(`GET /api/x HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}`)
  t.equal((await readAnswer(long)).status, 431)
  const slow = await Wire.to(edge.address)
  slow.write('GET /api/x HTTP/1.1\r\nHo')
  t.equal((await ask(edge.address, segment)).status, 200)
  slow.destroy()
  long.destroy()
  await until('nobody is connected', () => edge.read().connections === 0)
})

test('targets that are no paths are refused, and asterisks answered', async (t) => {
  const { origin, edge } = await setUp(t)
  for (const [method, target, status] of [
    ['GET', '*', 400],
    ['OPTIONS', '*', 204],
    ['GET', 'ftp://a/x', 400],
    ['GET', 'http://user@a/x', 400],
    ['GET', 'api/status', 400]
  ] as const)
    t.equal((await ask(edge.address, target, { method })).status, status, `${method} ${target}`)
  const connect = await Wire.to(edge.address)
  connect.write('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n')
  t.equal((await connect.readToEnd()).length, 0, 'CONNECT is hung up on')
  connect.destroy()
  t.same(
    origin.requests.filter(({ target }) => target !== '/api/status'),
    []
  )
})
