import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { type Test, test } from 'tap'
import { ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { type SecureEdge, secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { answerOn, Http2Client } from '../fixtures/tls-client.ts'
import { handshake } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const flags = ['--proxy-protocol', 'on', '--trust-proxy', '127.0.0.1'] as const
const segment = '/hls/0/stream-abcdefghi-1.ts'

/** A header of version 1, and one of version 2 with something after the addresses. */
const line = (address: string): string => `PROXY TCP4 ${address} 127.0.0.1 50000 443\r\n`
const binary = (address: string): string => {
  const ends = Buffer.from([...address.split('.').map(Number), 127, 0, 0, 1, 0xc3, 0x50, 1, 0xbb])
  const more = Buffer.from([4, 0, 2, 0, 0])
  const start = Buffer.from('0d0a0d0a000d0a515549540a2111', 'hex')
  return Buffer.concat([start, Buffer.from([0, ends.length + more.length]), ends, more]).toString('latin1')
}

async function origins(t: Test): Promise<ScriptedOrigin> {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(2000)))
  origin.on(/^\/api/, (exchange) => exchange.answer(200, [], 'yes'))
  return origin
}

/** The address that the last request reached the origin with. */
const lastAddress = (origin: ScriptedOrigin): string | undefined =>
  origin.requests.at(-1)?.field('x-forwarded-for')

test('the address is the one that the proxy says, however its words are cut', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, flags)
  for (const header of [line, binary]) {
    const all = header('203.0.113.7') + requestBytes('/api/x').toString('latin1')
    for (const cut of [0, 1, 5, 11, 12, 16, 30, 40, all.length - 1]) {
      const wire = await Wire.to(edge.address)
      wire.socket.setNoDelay(true)
      if (cut > 0) wire.write(all.slice(0, cut))
      await new Promise((resolve) => setTimeout(resolve, 2))
      wire.write(all.slice(cut))
      t.equal(String((await readAnswer(wire)).body), 'yes')
      t.equal(lastAddress(origin), '203.0.113.7')
      wire.destroy()
    }
  }
  const known = await ask(edge.address, '/api/x').catch((error: Error) => error.message)
  t.match(known, /without an answer/, 'a trusted proxy that says nothing is not answered')
})

test('connections that are kept, bodies and chat come through as without a proxy', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, flags)
  const wire = await Wire.to(edge.address)
  t.teardown(() => wire.destroy())
  wire.write(binary('203.0.113.7'))
  for (let i = 0; i < 5; i++) {
    wire.write(requestBytes(segment))
    t.ok((await readAnswer(wire)).body.equals(packets(2000)))
  }
  t.equal(origin.count(segment), 1, 'most of them by the fast lane')
  wire.write(
    requestBytes('/api/x', {
      method: 'POST',
      fields: ['Content-Length', '300000'],
      body: 'x'.repeat(300_000)
    })
  )
  t.equal((await readAnswer(wire)).status, 200)
  t.equal((await origin.requests.at(-1)?.content)?.body.length, 300_000)
  const asked = origin.next('/ws')
  wire.write(requestBytes('/ws', { fields: handshake }))
  const exchange = await asked
  t.equal(exchange.field('x-forwarded-for'), '203.0.113.7')
  exchange.begin(101, ['Upgrade', 'websocket', 'Connection', 'Upgrade'])
  await wire.readUntil('\r\n\r\n')
  wire.write('from the client')
  t.equal(String(await exchange.wire.read(15)), 'from the client')
  exchange.send('from the origin')
  t.equal(String(await wire.read(15)), 'from the origin')
})

test('behind the proxy of a proxy a viewer is who X-Forwarded-For names', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, [...flags.slice(0, 3), '127.0.0.1,198.51.100.1'])
  for (const [said, named] of [
    ['198.51.100.1', '203.0.113.9'],
    ['203.0.113.7', '203.0.113.7']
  ] as const) {
    const wire = await Wire.to(edge.address)
    wire.write(line(said))
    wire.write(requestBytes('/api/x', { fields: ['X-Forwarded-For', '203.0.113.9'] }))
    await readAnswer(wire)
    t.equal(lastAddress(origin), named)
    wire.destroy()
  }
})

test('health checks of the proxy are answered as its own', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, flags)
  const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex').toString('latin1')
  for (const header of ['PROXY UNKNOWN\r\n', local]) {
    const wire = await Wire.to(edge.address)
    wire.write(header)
    wire.write(requestBytes('/api/x'))
    t.equal((await readAnswer(wire)).status, 200)
    t.equal(lastAddress(origin), '127.0.0.1')
    wire.destroy()
  }
  const silent = await Wire.to(edge.address)
  silent.socket.end()
  await silent.closed
  t.equal(edge.read().limitsMet['no-proxy-header'], 0, 'nor is one that only connects a fault')
})

test('what begins without a header is refused, and so is what takes too long for one', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, [...flags, '--head-timeout', '200ms'])
  for (const [said, times] of [
    [requestBytes('/api/x'), 1],
    ['PROXY TCP4 x', 2],
    [`PROXY TCP4 ${'1'.repeat(200)}`, 3]
  ] as const) {
    const wire = await Wire.to(edge.address)
    wire.write(said)
    await wire.closed
    t.equal(wire.received, 0)
    t.equal(edge.read().limitsMet['no-proxy-header'], times)
  }
  t.equal(origin.requests.length, 0)
  await until('no connection is left', () => edge.read().connections === 0)
})

test('from whom it is not expected a header is nothing but a bad request', async (t) => {
  const origin = await origins(t)
  const edge = await edgeBefore(t, origin, ['--proxy-protocol', 'on', '--trust-proxy', '192.0.2.1'])
  t.equal((await ask(edge.address, '/api/x')).status, 200)
  t.equal(lastAddress(origin), '127.0.0.1')
  const wire = await Wire.to(edge.address)
  wire.write(line('203.0.113.7'))
  wire.write(requestBytes('/api/x'))
  t.equal((await readAnswer(wire)).status, 400)
  t.equal(origin.requests.length, 1)
})

/** Speaks TLS after a header; `whole`: in the same segment as the beginning of the handshake. */
async function secure(
  edge: SecureEdge,
  header: string,
  protocol: string
): Promise<ReturnType<typeof connectSecurely>> {
  const { hostname, port } = new URL(edge.address)
  const socket = connect(Number(port), hostname)
  socket.write(header, 'latin1')
  const secured = connectSecurely({
    socket,
    ca: edge.authority.pem,
    servername: 'edge.example',
    ALPNProtocols: [protocol]
  })
  await once(secured, 'secureConnect')
  return secured
}

test('before TLS a header counts as well, for HTTP/1.1 and HTTP/2', async (t) => {
  const origin = await origins(t)
  const edge = await secureEdgeBefore(t, origin, flags)
  for (const header of [line, binary]) {
    const wire = new Wire(await secure(edge, header('203.0.113.7'), 'http/1.1'))
    wire.write(requestBytes('/api/x'))
    t.equal((await readAnswer(wire)).status, 200)
    t.equal(lastAddress(origin), '203.0.113.7')
    for (let i = 0; i < 3; i++) {
      wire.write(requestBytes(segment))
      t.ok((await readAnswer(wire)).body.equals(packets(2000)))
    }
    wire.destroy()
    const socket = await secure(edge, header('203.0.113.8'), 'h2')
    const client = await Http2Client.to(edge.address, { createConnection: () => socket })
    t.equal((await client.ask('/api/x')).status, 200)
    t.equal(lastAddress(origin), '203.0.113.8')
    t.ok((await answerOn(client.begin(segment))).body.equals(packets(2000)))
    client.close()
  }
})
