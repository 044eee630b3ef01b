import { test } from 'tap'
import { ask, type Received } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake } from '../fixtures/tunnel.ts'
import { until } from '../fixtures/until.ts'
import type { Wire } from '../fixtures/wire.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const playlist = '/hls/0/stream.m3u8'

test('an origin that cannot be reached is a 502 with a short JSON body, readable by any site under /hls/', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  await origin.close()
  for (const target of [segment, playlist, '/api/config', '/api/chat', '/hls/x.txt']) {
    const answer = await ask(edge.address, target)
    t.equal(answer.status, 502, target)
    t.equal(answer.field('content-type'), 'application/json; charset=utf-8')
    t.equal(answer.field('cache-control'), 'no-store')
    t.equal(answer.field('access-control-allow-origin'), target.startsWith('/hls/') ? '*' : undefined)
    t.same(JSON.parse(answer.body.toString()), {
      error: 'The origin server cannot be reached.',
      code: 'unreachable'
    })
  }
  const upgrade = await ask(edge.address, '/ws', { fields: handshake.slice(2) })
  t.equal(upgrade.status, 502)
})

test('an origin that is too slow to answer is a 504', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--origin-timeout', '300ms'])
  origin.on(/./, () => {})
  const answers = await Promise.all(
    [segment, '/api/config', '/api/chat'].map((target) => ask(edge.address, target))
  )
  for (const answer of answers) {
    t.equal(answer.status, 504)
    t.match(JSON.parse(answer.body.toString()), { code: 'timeout' })
  }
  t.equal(answers[0]?.field('access-control-allow-origin'), '*')
  await until('nothing is left', () => edge.read().fills === 0 && edge.read().heldBytes === 0)
})

test('an answer that is no HTTP is a 502', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(/./, (exchange) => {
    exchange.send('SSH-2.0-OpenSSH_9.6\r\n\r\n')
    exchange.end()
  })
  for (const target of [segment, '/api/config', '/api/chat']) {
    const answer = await ask(edge.address, target)
    t.equal(answer.status, 502, target)
  }
  await until('no fetch is left', () => edge.read().fills === 0)
})

test('everybody who waited for a fetch that failed is told, and the next request tries again', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const asked = origin.next(segment)
  const crowd = Promise.all(Array.from({ length: 10 }, () => ask(edge.address, segment)))
  const exchange = await asked
  await until('everybody waits', () => edge.read().connections === 10)
  exchange.send('nonsense\r\n\r\n')
  exchange.end()
  const answers: Received[] = await crowd
  t.ok(answers.every(({ status }) => status === 502))
  t.equal(origin.count(segment), 1)
  origin.on(segment, (again) => again.answer(200, [], packets(3)))
  t.equal((await ask(edge.address, segment)).status, 200)
})

test('a connection that the origin closed while it was idle costs no client an error', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const used = new WeakSet<Wire>()
  origin.on(/^\/hls/, (exchange) => {
    // Ends when the next request comes, as a connection does whose time is over just then.
    if (used.has(exchange.wire)) return exchange.break()
    used.add(exchange.wire)
    exchange.answer(200, [], packets(2))
  })
  t.equal((await ask(edge.address, '/hls/0/stream-abcdefghi-1.ts')).status, 200)
  t.equal((await ask(edge.address, '/hls/0/stream-abcdefghi-2.ts')).status, 200)
  t.equal(origin.count('/hls/0/stream-abcdefghi-2.ts'), 2, 'it is asked once more')
})

test('the edge is back as soon as the origin is', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const port = Number(new URL(origin.address).port)
  await origin.close()
  t.equal((await ask(edge.address, segment)).status, 502)
  const again = await ScriptedOrigin.start(t, port)
  again.on(/./, (exchange) => exchange.answer(200, [], packets(2)))
  let status = 0
  for (const limit = Date.now() + 10_000; status !== 200 && Date.now() < limit; )
    status = (await ask(edge.address, segment)).status
  t.equal(status, 200)
})

test('after every kind of failure nothing is held, fetched or connected any more', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--origin-timeout', '200ms'])
  const failures: Record<string, Parameters<ScriptedOrigin['on']>[1]> = {
    status: (exchange) => exchange.answer(500, [], 'x'.repeat(100_000)),
    reset: (exchange) => exchange.break(),
    silence: () => {},
    nonsense: (exchange) => exchange.send('\x00\x01\r\n\r\n'),
    'a broken body': (exchange) => {
      exchange.begin(200, ['Content-Length', '188000'])
      exchange.send(packets(10))
      exchange.break()
    },
    'a body that stops': (exchange) => {
      exchange.begin(200, ['Content-Length', '188000'])
      exchange.send(packets(10))
    },
    'a head too long': (exchange) => exchange.begin(200, ['X', 'x'.repeat(100_000), 'Content-Length', '0']),
    'half a playlist': (exchange) => exchange.answer(200, [], mediaPlaylist().slice(0, 40))
  }
  for (const [what, script] of Object.entries(failures)) {
    origin.on(/^\/(hls|api\/c)/, (exchange) =>
      exchange.field('range') === undefined ? script(exchange) : exchange.answer(404)
    )
    await Promise.all([segment, playlist, '/api/config', '/api/chat'].map((name) => ask(edge.address, name)))
    await until(`nothing is left after ${what}`, () => {
      const { fills, heldBytes, connections, tunnels } = edge.read()
      return fills === 0 && heldBytes === 0 && connections === 0 && tunnels === 0
    })
    t.pass(what)
  }
})
