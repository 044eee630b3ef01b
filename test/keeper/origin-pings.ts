import { once } from 'node:events'
import { createServer } from 'node:net'
import { type Test, test } from 'tap'
import { OriginPings } from '../../src/keeper/origin-pings.ts'
import type { PingResult } from '../../src/keeper/pinger.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const vlc = { address: '192.0.2.7', userAgent: 'VLC/3.0.21 LibVLC/3.0.21' }

interface Line {
  readonly origin: ScriptedOrigin
  readonly pings: OriginPings
  ping(
    visitor?: { address: string; userAgent: string | undefined },
    mayBeSent?: () => boolean
  ): Promise<PingResult>
}

async function lineTo(t: Test, silence = 5000): Promise<Line> {
  const origin = await ScriptedOrigin.start(t)
  origin.on('/api/ping', (exchange) => exchange.answer(200))
  const pings = new OriginPings(new URL(origin.address), { connectTimeout: 1000, silence })
  t.teardown(() => pings.close())
  const ping: Line['ping'] = (visitor = vlc, mayBeSent = () => true) =>
    new Promise((over) => pings.send({ visitor, mayBeSent, over }))
  return { origin, pings, ping }
}

test("a ping carries the viewer's address and User-Agent, byte for byte, and nothing of the edge's", async (t) => {
  const { origin, ping } = await lineTo(t)
  const userAgent = 'Caf\u00e9-Player/1.0  (\u00fcber; \'quoted\' "twice"; a,b; \t tab) '
  t.equal(await ping({ address: '2001:db8::7', userAgent }), 'told')
  t.equal(await ping({ address: '192.0.2.8', userAgent: undefined }), 'told')
  const [first, second] = origin.requests
  t.equal(first?.head.startLine, 'GET /api/ping HTTP/1.1')
  t.match(Buffer.from(first?.head.raw ?? '', 'latin1').toString('latin1'), `User-Agent: ${userAgent}\r\n`)
  t.same(first?.lines('x-forwarded-for'), ['2001:db8::7'])
  t.same(
    first?.head.fields
      .filter((_, i) => i % 2 === 0)
      .map((name) => name.toLowerCase())
      .sort(),
    ['connection', 'host', 'user-agent', 'x-forwarded-for']
  )
  t.same(second?.lines('user-agent'), [], 'nor one where the viewer has none')
})

test('many pings share few connections', async (t) => {
  const { origin, ping } = await lineTo(t)
  const results = await Promise.all(Array.from({ length: 300 }, () => ping()))
  t.ok(results.every((result) => result === 'told'))
  t.equal(origin.requests.length, 300)
  t.ok(origin.connections <= 4, `${origin.connections} connections`)
  for (let i = 0; i < 20; i++) await ping()
  t.ok(origin.connections <= 4, 'which are kept')
})

test('pings do not wait for the answers to those before them', async (t) => {
  const { origin, ping } = await lineTo(t)
  const held = origin.next('/api/ping')
  const first = ping()
  const exchange = await held
  const second = ping()
  const third = ping()
  for (const _ of [second, third])
    t.match(String(await exchange.wire.readUntil('\r\n\r\n')), 'GET /api/ping', 'by the same connection')
  exchange.wire.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'.repeat(3))
  t.same(await Promise.all([first, second, third]), ['told', 'told', 'told'])
})

test('whatever is not 2xx has told Owncast nothing', async (t) => {
  const { origin, ping } = await lineTo(t)
  for (const status of [204, 301, 404, 429, 500, 503]) {
    origin.on('/api/ping', (exchange) => exchange.answer(status))
    t.equal(await ping(), status === 204 ? 'told' : 'refused', String(status))
  }
})

test('a page in the place of an answer is not read to its end', async (t) => {
  const { origin, ping } = await lineTo(t)
  origin.on('/api/ping', (exchange) => {
    exchange.begin(200, ['Content-Length', '1000000000'])
    exchange.send(Buffer.alloc(100_000))
  })
  t.equal(await ping(), 'refused')
  origin.on('/api/ping', (exchange) => exchange.answer(200))
  t.equal(await ping(), 'told', 'and the line is fit for the next')
})

test('what waited behind an answer that never came is dropped, not sent late', async (t) => {
  const { origin, ping } = await lineTo(t, 300)
  const held = origin.next('/api/ping')
  const first = ping()
  await held
  let isInTime = true
  const others = Array.from({ length: 50 }, () => ping(vlc, () => isInTime))
  isInTime = false
  t.equal(await first, 'lost')
  t.same(new Set(await Promise.all(others)), new Set(['late']))
  t.equal(origin.requests.length, 1)
  t.equal(await ping(), 'told')
})

test('a connection that breaks loses no more than the ping whose answer it carried', async (t) => {
  const { origin, ping } = await lineTo(t)
  const held = origin.next('/api/ping')
  const first = ping()
  const exchange = await held
  const others = Array.from({ length: 20 }, () => ping())
  exchange.break()
  t.equal(await first, 'lost')
  t.same(new Set(await Promise.all(others)), new Set(['told']))
})

test('where nobody listens every ping is lost', async (t) => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  const pings = new OriginPings(new URL(`http://127.0.0.1:${port}`), { connectTimeout: 1000, silence: 1000 })
  t.teardown(() => pings.close())
  const lost = () => new Promise((over) => pings.send({ visitor: vlc, mayBeSent: () => true, over }))
  t.same(await Promise.all([lost(), lost(), lost()]), ['lost', 'lost', 'lost'])
})

test('its end gives up what is under way', async (t) => {
  const { origin, pings, ping } = await lineTo(t)
  const held = origin.next('/api/ping')
  const results = Promise.all(Array.from({ length: 400 }, () => ping()))
  await held
  await pings.close()
  t.same(new Set(await results), new Set(['lost']))
})
