import { test } from 'tap'
import { type Ask, ask, readAnswer, requestBytes } from '../fixtures/client.ts'
import { edgeBefore, settingsFor } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake, openTunnel } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

/** The tests' own address is that of a trusted proxy: whoever it speaks for is limited. */
const behindProxy = ['--trust-proxy', '127.0.0.1'] as const
const from = (address: string): Ask => ({ fields: ['X-Forwarded-For', address] })
const segment = '/hls/0/stream-abcdefghi-1.ts'

test('an address that asks more often than it may gets 429, others what they ask for', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  const edge = await edgeBefore(t, origin, [...behindProxy, '--max-requests-per-address', '10'], clock)
  await ask(edge.address, segment, from('198.51.100.1'))
  const wire = await Wire.to(edge.address)
  t.teardown(() => wire.destroy())
  // On one connection, so that most of them are the fast lane's to answer.
  const askAgain = async (): Promise<Awaited<ReturnType<typeof readAnswer>>> => {
    wire.write(requestBytes(segment, from('203.0.113.7')))
    return readAnswer(wire)
  }
  for (let i = 0; i < 50; i++) t.equal((await askAgain()).status, 200)
  const refused = await askAgain()
  t.equal(refused.status, 429)
  t.equal(refused.field('retry-after'), '1')
  t.equal(refused.field('cache-status'), 'edge; fwd=uri-miss; detail=too-many-requests')
  t.equal(refused.field('access-control-allow-origin'), '*', 'a player on any site may read why')
  t.match(JSON.parse(String(refused.body)), { code: 'too-many-requests' })
  t.equal((await ask(edge.address, segment, from('203.0.113.8'))).status, 200)
  t.equal((await ask(edge.address, segment)).status, 200, 'nor is the proxy itself limited')
  clock.pass(1000)
  for (let i = 0; i < 10; i++) t.equal((await askAgain()).status, 200, 'a second later')
  t.equal((await askAgain()).status, 429)
  t.equal(edge.read().limitsMet['too-many-requests'], 2)
})

test('what goes on to the origin has a limit of its own, so that a home line is not flooded through the edge', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  origin.on('/', (exchange) => exchange.answer(200, [], 'page'))
  const flags = [...behindProxy, '--max-origin-requests-per-address', '2']
  const edge = await edgeBefore(t, origin, flags, clock)
  await ask(edge.address, segment, from('203.0.113.1'))
  const statuses: number[] = []
  for (let i = 0; i < 10; i++) statuses.push((await ask(edge.address, '/', from('203.0.113.7'))).status)
  for (let i = 0; i < 10; i++)
    statuses.push((await ask(edge.address, `/hls/0/stream-abcdefghi-99${i}.ts`, from('203.0.113.7'))).status)
  t.same(statuses, [...Array(10).fill(200), ...Array(10).fill(429)])
  t.equal(origin.requests.length, 11)
  t.equal(
    (await ask(edge.address, segment, from('203.0.113.7'))).status,
    200,
    'what is stored is not refused'
  )
  t.equal(edge.read().limitsMet['too-many-origin-requests'], 10)
  const posts = await ask(edge.address, '/api/chat/register', { ...from('203.0.113.7'), method: 'POST' })
  t.equal(posts.status, 429)
})

test('a household of IPv6 counts as one', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  const edge = await edgeBefore(t, origin, [...behindProxy, '--max-requests-per-address', '1'], clock)
  const statuses: number[] = []
  for (let i = 1; i <= 7; i++)
    statuses.push((await ask(edge.address, segment, from(`2001:db8:0:7::${i}`))).status)
  t.same(statuses, [200, 200, 200, 200, 200, 429, 429])
  t.equal((await ask(edge.address, segment, from('2001:db8:0:8::1'))).status, 200)
})

test('chats of one address are limited, and count until they end', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [...behindProxy, '--max-tunnels-per-address', '2'])
  const fields = [...handshake, 'X-Forwarded-For', '203.0.113.7']
  const [first] = [
    await openTunnel(edge.address, origin, fields),
    await openTunnel(edge.address, origin, fields)
  ]
  const refused = await ask(edge.address, '/ws', { fields })
  t.equal(refused.status, 429)
  await openTunnel(edge.address, origin, [...handshake, 'X-Forwarded-For', '203.0.113.8'])
  first.origin.destroy()
  await until('its end is known', () => edge.read().tunnels === 2)
  await openTunnel(edge.address, origin, fields)
  t.equal(edge.read().limitsMet['too-many-tunnels'], 1)
})

test('limits that are read again hold at once', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(10)))
  const edge = await edgeBefore(t, origin, [...behindProxy, '--max-requests-per-address', '1'], clock)
  for (let i = 0; i < 5; i++) await ask(edge.address, segment, from('203.0.113.7'))
  t.equal((await ask(edge.address, segment, from('203.0.113.7'))).status, 429)
  edge.reload(settingsFor(origin.address, ...behindProxy, '--max-requests-per-address', 'off'))
  for (let i = 0; i < 20; i++) t.equal((await ask(edge.address, segment, from('203.0.113.7'))).status, 200)
})
