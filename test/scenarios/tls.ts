import { once } from 'node:events'
import type { Test } from 'tap'
import { test } from 'tap'
import { readAnswer, requestBytes } from '../fixtures/client.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { type SecureEdge, secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { askTls, connectTls } from '../fixtures/tls-client.ts'
import { Wire } from '../fixtures/wire.ts'

const target = '/hls/0/stream-abcdefghi-1.ts'
const body = packets(11000)

async function start(t: Test): Promise<{ origin: ScriptedOrigin; edge: SecureEdge; ca: string }> {
  const origin = await ScriptedOrigin.start(t)
  const edge = await secureEdgeBefore(t, origin, ['--drain-timeout', '5s'])
  return { origin, edge, ca: edge.authority.pem }
}

test('a segment over TLS and HTTP/1.1 is a miss, then a hit, byte for byte', async (t) => {
  const { origin, edge, ca } = await start(t)
  origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], body))
  const miss = await askTls(edge.address, target, { ca })
  t.match(miss.field('cache-status'), /fwd=uri-miss; stored/)
  t.ok(miss.body.equals(body))
  const hit = await askTls(edge.address, target, { ca })
  t.match(hit.field('cache-status'), /^edge; hit/)
  t.ok(hit.body.equals(body))
  t.equal(origin.count(target), 1)
})

test('a range of a stored segment over TLS is that part of it', async (t) => {
  const { origin, edge, ca } = await start(t)
  origin.on(target, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], body))
  await askTls(edge.address, target, { ca })
  const part = await askTls(edge.address, target, { ca }, { fields: ['Range', 'bytes=100-299999'] })
  t.equal(part.status, 206)
  t.ok(part.body.equals(body.subarray(100, 300000)))
})

test('the origin is told that viewers came by https', async (t) => {
  const { origin, edge, ca } = await start(t)
  origin.on('/api/config', (exchange) => exchange.answer(200, ['Content-Type', 'application/json'], '{}'))
  origin.on('/api/chat', (exchange) => exchange.answer(200, [], ''))
  await askTls(
    edge.address,
    '/api/chat',
    { ca },
    { method: 'POST', body: 'x', fields: ['Content-Length', '1'] }
  )
  t.equal(origin.to('/api/chat')[0]?.field('x-forwarded-proto'), 'https')
})

test('TLS 1.1 is refused, 1.2 and 1.3 are spoken', async (t) => {
  const { edge, ca } = await start(t)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await connectTls(edge.address, { ca, minVersion: version, maxVersion: version })
    t.equal(socket.getProtocol(), version)
    socket.destroy()
  }
  const old = { ca, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  await t.rejects(connectTls(edge.address, old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
})

test('ciphers without forward secrecy or authentication are refused', async (t) => {
  const { edge, ca } = await start(t)
  for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256']) {
    await t.rejects(connectTls(edge.address, { ca, maxVersion: 'TLSv1.2', ciphers }), {
      code: /HANDSHAKE_FAILURE/
    })
  }
  const socket = await connectTls(edge.address, { ca })
  t.equal(socket.getCipher().name, 'TLS_AES_128_GCM_SHA256')
  socket.destroy()
})

test('a returning viewer resumes its session', async (t) => {
  const { edge, ca } = await start(t)
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await connectTls(edge.address, { ca, maxVersion })
    // Tickets of TLS 1.3 come after the handshake, those of 1.2 are part of it.
    if (maxVersion === 'TLSv1.3') await once(first, 'session')
    const session = first.getSession()
    first.destroy()
    const second = await connectTls(edge.address, { ca, maxVersion, session })
    t.ok(second.isSessionReused(), maxVersion)
    second.destroy()
  }
})

test('the protocol is agreed on: HTTP/2 where the client offers it, HTTP/1.1 otherwise, and without --http2 always', async (t) => {
  const { origin, edge, ca } = await start(t)
  const agreedOn = async (
    address: string,
    ALPNProtocols: string[] | undefined,
    trusted: string
  ): Promise<unknown> => {
    const socket = await connectTls(address, ALPNProtocols ? { ca: trusted, ALPNProtocols } : { ca: trusted })
    socket.destroy()
    return socket.alpnProtocol
  }
  t.equal(await agreedOn(edge.address, ['h2', 'http/1.1'], ca), 'h2')
  t.equal(await agreedOn(edge.address, ['http/1.1'], ca), 'http/1.1')
  t.equal(await agreedOn(edge.address, undefined, ca), false)
  const plain = await secureEdgeBefore(t, origin, ['--http2', 'off'])
  t.equal(await agreedOn(plain.address, ['h2', 'http/1.1'], plain.authority.pem), 'http/1.1')
})

test('while the edge stops, idle connections end at once and a response under way goes on', async (t) => {
  const { origin, edge, ca } = await start(t)
  const idle = await connectTls(edge.address, { ca })
  const wire = new Wire(idle)
  wire.write(requestBytes('/hls/missing.ts'))
  t.equal((await readAnswer(wire)).status, 404)
  const held = origin.next(target)
  const answer = askTls(edge.address, target, { ca })
  const exchange = await held
  exchange.begin(200, ['Content-Type', 'video/mp2t', 'Content-Length', String(body.length)])
  const stopped = edge.close()
  await wire.closed
  exchange.send(body)
  exchange.done()
  t.ok((await answer).body.equals(body))
  await stopped
})
