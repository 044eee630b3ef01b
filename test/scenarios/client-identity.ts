import { type Test, test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { handshake, knock } from '../fixtures/tunnel.ts'

/** What the origin is told about a client that came with these fields, on each of the three ways to it. */
async function told(t: Test, flags: readonly string[], fields: readonly string[]): Promise<Exchange[]> {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, flags)
  await ask(edge.address, '/hls/stream.m3u8', { fields })
  await ask(edge.address, '/api/chat', { fields })
  const { client, exchange } = await knock(edge.address, origin, '/ws', [...fields, ...handshake])
  exchange.answer(403)
  client.destroy()
  return origin.to(/^\/(hls|api\/chat|ws)/)
}

async function addressesTold(
  t: Test,
  flags: readonly string[],
  fields: readonly string[]
): Promise<string[]> {
  const requests = await told(t, flags, fields)
  return requests.map((exchange) => exchange.lines('x-forwarded-for').join(' and '))
}

test('the origin hears one bare address of each client: that of its connection', async (t) => {
  const claims = ['X-Forwarded-For', '6.6.6.6', 'x-forwarded-for', '7.7.7.7, 8.8.8.8', 'X-FORWARDED-FOR', '']
  t.same(await addressesTold(t, [], claims), ['127.0.0.1', '127.0.0.1', '127.0.0.1'])
})

test('an IPv4 address that came by an IPv6 socket is told as IPv4, as bans compare it', async (t) => {
  t.same(await addressesTold(t, ['--host', '::'], []), ['127.0.0.1', '127.0.0.1', '127.0.0.1'])
})

test('what a trusted proxy says is believed, up to the first that is not trusted', async (t) => {
  const trust = ['--trust-proxy', '127.0.0.0/8,10.0.0.0/8,fd00::/8']
  const cases: [string, string][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['6.6.6.6,203.0.113.9:4711', '203.0.113.9'],
    ['"[2001:DB8::1]:4711"', '2001:db8::1'],
    ['::ffff:203.0.113.9, fd00::1', '203.0.113.9'],
    ['nonsense', '127.0.0.1'],
    ['6.6.6.6, unknown, 10.0.0.1', '10.0.0.1'],
    ['', '127.0.0.1']
  ]
  for (const [said, address] of cases)
    t.same(await addressesTold(t, trust, ['X-Forwarded-For', said]), [address, address, address], said)
  t.same(await addressesTold(t, ['--trust-proxy', '10.0.0.0/8'], ['X-Forwarded-For', '1.2.3.4']), [
    '127.0.0.1',
    '127.0.0.1',
    '127.0.0.1'
  ])
})

const spoofed = [
  'X-Forwarded-User',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Anything',
  'Forwarded'
]
spoofed.push('X-Real-IP', 'CF-Connecting-IP', 'True-Client-IP', 'X-Original-URL', 'X-HTTP-Method-Override')
spoofed.push('X-Rewrite-URL', 'X-Remote-User', 'X-Client-IP')

test('nothing that a client could pass itself off as something by reaches the origin', async (t) => {
  const fields = spoofed.flatMap((name) => [name, 'spoofed'])
  const requests = await told(t, [], [...fields, 'X-Forwarded-Proto', 'https'])
  t.equal(requests.length, 3)
  for (const exchange of requests) {
    t.notOk(exchange.head.raw.includes('spoofed'), exchange.target)
    t.notOk(exchange.lines('x-forwarded-proto').includes('https'), exchange.target)
  }
})

test('only a trusted proxy can say that the client came by https', async (t) => {
  const [, passed] = await told(t, ['--trust-proxy', '127.0.0.1'], ['X-Forwarded-Proto', 'https'])
  t.same(passed?.lines('x-forwarded-proto'), ['https'])
  const [, other] = await told(t, ['--trust-proxy', '10.0.0.1'], ['X-Forwarded-Proto', 'https'])
  t.same(other?.lines('x-forwarded-proto'), ['http'])
})

test('two viewers behind one edge are two for the origin, by address and User-Agent', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--trust-proxy', '127.0.0.1'])
  for (const [address, agent] of [
    ['203.0.113.1', 'Firefox'],
    ['203.0.113.2', 'VLC']
  ] as const)
    await ask(edge.address, `/hls/${address.at(-1)}/stream.m3u8`, {
      fields: ['X-Forwarded-For', address, 'User-Agent', agent]
    })
  t.same(
    origin.to(/m3u8/).map((exchange) => [exchange.field('x-forwarded-for'), exchange.field('user-agent')]),
    [
      ['203.0.113.1', 'Firefox'],
      ['203.0.113.2', 'VLC']
    ]
  )
})
