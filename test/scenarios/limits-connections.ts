import { once } from 'node:events'
import { test } from 'tap'
import { ask, readAnswer, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { secureEdgeBefore } from '../fixtures/secure-edge.ts'
import { askTls, connectTls, Http2Client, headOn } from '../fixtures/tls-client.ts'
import { openTunnel } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const segment = '/hls/0/stream-abcdefghi-1.ts'
/** More than the system takes for somebody who does not read. */
const big = packets(120_000)

/** Resolves when a number has stayed the same for a while: when nobody takes anything any more. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read(); ) {
    before = read()
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

test('there are no more connections than there may be, and those there are go on', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  const edge = await edgeBefore(t, origin, ['--max-connections', '3'])
  const wires = [await Wire.to(edge.address), await Wire.to(edge.address), await Wire.to(edge.address)]
  await until('all are there', () => edge.read().connections === 3)
  await t.rejects(ask(edge.address, segment), 'one more is refused')
  for (const wire of wires) {
    wire.write(requestBytes(segment))
    t.equal((await readAnswer(wire)).status, 200)
  }
  t.equal(edge.read().limitsMet['too-many-connections'], 1)
  wires[0]?.destroy()
  await until('one has left', () => edge.read().connections === 2)
  t.equal((await ask(edge.address, segment)).status, 200)
  for (const wire of wires) wire.destroy()
})

test('connections of one address are limited before anything is read from them, also over TLS', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  const flags = ['--proxy-protocol', 'on', '--trust-proxy', '127.0.0.1', '--max-connections-per-address', '2']
  const plain = await edgeBefore(t, origin, flags)
  const secure = await secureEdgeBefore(t, origin, flags)
  for (const edge of [plain, secure]) {
    const come = async (address: string): Promise<Wire> => {
      const wire = await Wire.to(edge.address)
      wire.write(`PROXY TCP4 ${address} 127.0.0.1 50000 443\r\n`)
      return wire
    }
    const first = await come('203.0.113.7')
    await come('203.0.113.7')
    const refused = await come('203.0.113.7')
    await refused.closed
    t.equal(edge.read().limitsMet['too-many-connections-of-address'], 1)
    const other = await come('203.0.113.8')
    first.destroy()
    other.destroy()
    await until('its end is known', () => edge.read().connections <= 1)
    const again = await come('203.0.113.7')
    await Promise.race([again.closed, new Promise((resolve) => setTimeout(resolve, 100))])
    t.notOk(again.hasEnded, 'there is room again')
    again.destroy()
  }
})

test('heads that are too large, have too many fields or take too long are refused', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200))
  const edge = await edgeBefore(t, origin, ['--max-head-size', '64KiB', '--head-timeout', '300ms'])
  t.equal((await ask(edge.address, '/api/x', { fields: ['X', 'x'.repeat(60_000)] })).status, 200)
  t.equal((await ask(edge.address, '/api/x', { fields: ['X', 'x'.repeat(70_000)] })).status, 431)
  const fields = Array.from({ length: 990 }, (_, i) => [`x${i}`, '']).flat()
  t.equal((await ask(edge.address, '/api/x', { fields })).status, 200)
  const tooMany = await ask(edge.address, '/api/x', { fields: [...fields, ...fields] })
  t.equal(tooMany.status, 431)
  t.equal(tooMany.field('cache-status'), 'edge; fwd=uri-miss; detail=too-many-fields')
  t.equal(origin.requests.length, 2)
  t.equal(origin.requests[1]?.head.fields.length, origin.requests[0]!.head.fields.length + 2 * 989)
  const slow = await Wire.to(edge.address)
  slow.write('GET / HTTP/1.1\r\nHost: a\r\n')
  t.equal((await readAnswer(slow)).status, 408)
  const silent = await Wire.to(edge.address)
  const began = performance.now()
  await silent.ended
  t.ok(performance.now() - began < 8000, 'nor may somebody say nothing at all')
})

test('a connection without requests is closed', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/./, (exchange) => exchange.answer(200))
  const edge = await edgeBefore(t, origin, ['--idle-timeout', '200ms'])
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes('/api/x'))
  t.equal((await readAnswer(wire)).status, 200)
  await wire.ended
  const secure = await secureEdgeBefore(t, origin, ['--idle-timeout', '200ms'])
  const client = await Http2Client.to(secure.address, { ca: secure.authority.pem })
  await client.ask('/api/x')
  await once(client.session, 'close')
  await until('none is left', () => edge.read().connections + secure.read().connections === 0)
})

test('who takes nothing of what was asked for is disconnected, whatever it is sent over', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], big))
  const edge = await secureEdgeBefore(t, origin, [], clock)
  const plain = await edgeBefore(t, origin, [], clock)
  const ca = edge.authority.pem
  await ask(plain.address, segment)
  await askTls(edge.address, segment, { ca })

  const wire = await Wire.to(plain.address)
  const secure = new Wire(await connectTls(edge.address, { ca, ALPNProtocols: ['http/1.1'] }))
  for (const slow of [wire, secure]) {
    slow.write(requestBytes(segment))
    await readAnswerHead(slow)
    slow.socket.pause()
  }
  const http2 = await Http2Client.to(edge.address, { ca, settings: { initialWindowSize: 1_000_000 } })
  const stream = http2.begin(segment)
  await headOn(stream)
  stream.pause()
  const steady = await Wire.to(plain.address)
  steady.write(requestBytes('/api/x'))
  const held = await origin.next('/api/x')

  /** Time passes; the steady one takes what it is sent. */
  const pass = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i += 2) {
      clock.pass(2000)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await settled(() => edge.read().bytesOut + plain.read().bytesOut)
  await pass(24)
  t.same([plain.read().limitsMet['too-slow'], edge.read().limitsMet['too-slow']], [0, 0], 'not at once')
  await pass(14)
  t.equal(plain.read().limitsMet['too-slow'], 1)
  t.equal(edge.read().limitsMet['too-slow'], 2)
  for (const slow of [wire, secure]) slow.socket.resume()
  await Promise.all([wire.ended, secure.ended])
  await until('all are disconnected', () => http2.session.destroyed)
  t.ok(wire.received < big.length)
  held.answer(200, [], 'late')
  t.equal(String((await readAnswer(steady)).body), 'late', 'who waits for the origin is not slow')
  steady.destroy()
})

test('who reads slowly but steadily, and who chats and says little, stay', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], big))
  const edge = await edgeBefore(t, origin, ['--min-read-rate', '800kbit'], clock)
  const tunnel = await openTunnel(edge.address, origin)
  await ask(edge.address, segment)
  const wire = await Wire.to(edge.address)
  wire.write(requestBytes(segment))
  await readAnswerHead(wire)
  wire.socket.pause()
  // 200 kB in every two seconds, and what the system had taken before: more than 100 kB/s.
  for (let i = 0; i < 40; i++) {
    clock.pass(2000)
    const before = wire.received
    wire.socket.resume()
    await until('some more has come', () => wire.received >= Math.min(before + 200_000, big.length))
    wire.socket.pause()
  }
  t.equal(edge.read().limitsMet['too-slow'], 0)
  t.notOk(tunnel.client.hasEnded)
  wire.destroy()
})
