import { request } from 'node:http'
import { test } from 'tap'
import { purge } from '../fixtures/admin.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const generic = ['--profile', 'generic']
const minute = ['Cache-Control', 'max-age=60']

test('an unsafe request that does not fail drops what it changes, and what its answer names', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const kept = ['/list', '/list/1', '/list/2', '/other']
  const away = 'http://elsewhere.example/other'
  const answers: Record<string, [number, readonly string[]]> = {
    POST: [201, ['Location', '/list/1', 'Content-Location', `${origin.address}/list/2`]],
    PUT: [204, []],
    DELETE: [200, ['Location', away]],
    MKCOL: [500, []]
  }
  for (const [method, [status, fields]] of Object.entries(answers)) {
    origin.on(/./, (exchange) => exchange.answer(200, minute, exchange.target))
    for (const target of kept) await ask(edge.address, target)
    origin.on('/list', (exchange) => exchange.answer(status, fields))
    t.equal((await ask(edge.address, '/list', { method })).status, status)
    origin.on('/list', (exchange) => exchange.answer(200, minute, exchange.target))
    const hits = []
    for (const target of kept) {
      const { field } = await ask(edge.address, target)
      if (/; hit/.test(field('cache-status') ?? '')) hits.push(target)
    }
    const left = { POST: ['/other'], MKCOL: kept }[method] ?? ['/list/1', '/list/2', '/other']
    t.same(hits, left, method)
  }
})

test('a playlist that is sent anew through the edge is fetched anew', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  let first = 0
  const ended = () => mediaPlaylist({ first, end: '#EXT-X-ENDLIST\n' })
  origin.on('/a.m3u8', (exchange) =>
    exchange.method === 'PUT' ? exchange.answer(204) : exchange.answer(200, [], ended())
  )
  await ask(edge.address, '/a.m3u8')
  first = 7
  await ask(edge.address, '/a.m3u8', { method: 'PUT' })
  t.match(String((await ask(edge.address, '/a.m3u8')).body), /SEQUENCE:7/)
})

test('a HEAD is answered from what is stored; one that goes on renews that, or makes it stale', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic, clock)
  const fields = [...minute, 'ETag', '"1"']
  origin.on('/a', (exchange) => exchange.answer(200, fields, 'content'))
  await ask(edge.address, '/a')
  const head = await ask(edge.address, '/a', { method: 'HEAD' })
  t.match(head.field('cache-status'), /; hit/)
  t.equal(head.field('content-length'), '7')
  clock.pass(61_000)
  const renewed = await ask(edge.address, '/a', { method: 'HEAD' })
  t.equal(renewed.status, 200)
  t.equal(renewed.field('content-length'), '7')
  t.match((await ask(edge.address, '/a')).field('cache-status'), /; hit/, 'it was renewed')
  clock.pass(61_000)
  origin.on('/a', (exchange) => exchange.answer(200, [...minute, 'ETag', '"2"'], 'other'))
  await ask(edge.address, '/a', { method: 'HEAD' })
  t.equal(String((await ask(edge.address, '/a')).body), 'other')
  t.equal(origin.requests.length, 4)
})

test('what the origin says before its answer is passed on, of what is stored and of what is not', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  for (const [target, method] of [
    ['/stored', 'GET'],
    ['/form', 'POST']
  ] as const) {
    origin.on(target, (exchange) => {
      exchange.begin(102, [])
      exchange.begin(103, ['Link', '</style.css>; rel=preload; as=style', 'X-Early', 'yes'])
      exchange.answer(200, minute, 'x')
    })
    const interim = await interimOf(`${edge.address}${target}`, method)
    t.same(interim, ['102 undefined', '103 </style.css>; rel=preload; as=style'], target)
  }
  const later = await ask(edge.address, '/stored')
  t.match(later.field('cache-status'), /; hit/)
  t.equal(later.field('x-early'), undefined, 'and is no part of the answer')
})

function interimOf(url: string, method: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const seen: string[] = []
    const asked = request(url, { method, agent: false })
    asked.on('information', ({ statusCode, headers }) => seen.push(`${statusCode} ${headers.link}`))
    asked.on('response', (response) => response.resume().on('end', () => resolve(seen)))
    asked.on('error', reject).end()
  })
}

test('fields of one connection go no further, in either direction', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const hop = ['Connection', 'X-Hop', 'X-Hop', 'a', 'Keep-Alive', 'timeout=1', 'Proxy-Authenticate', 'Basic']
  origin.on('/a', (exchange) => exchange.answer(200, [...minute, ...hop, 'X-End', 'b'], 'x'))
  const asking = { fields: ['Connection', 'X-Mine', 'X-Mine', 'a', 'TE', 'trailers', 'X-Kept', 'b'] }
  for (const round of ['fetched', 'stored']) {
    const answer = await ask(edge.address, '/a', asking)
    for (const name of ['x-hop', 'proxy-authenticate'])
      t.equal(answer.field(name), undefined, `${name} ${round}`)
    t.equal(answer.field('x-end'), 'b')
  }
  const [asked] = origin.requests
  for (const name of ['x-mine', 'te']) t.equal(asked?.field(name), undefined, name)
  t.equal(asked?.field('x-kept'), 'b')
})

test('CDN-Cache-Control governs here, and is passed on', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const fields = ['CDN-Cache-Control', 'max-age=60', 'Cache-Control', 'no-store']
  origin.on('/a', (exchange) => exchange.answer(200, fields, 'x'))
  await ask(edge.address, '/a')
  const answer = await ask(edge.address, '/a')
  t.match(answer.field('cache-status'), /; hit/)
  t.equal(answer.field('cdn-cache-control'), 'max-age=60')
  t.equal(answer.field('cache-control'), 'no-store')
})

test('a client that wants only what is stored is told when nothing is', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const answer = await ask(edge.address, '/a', { fields: ['Cache-Control', 'only-if-cached'] })
  t.equal(answer.status, 504)
  t.equal(origin.requests.length, 0)
})

test('preconditions of changes are the origin’s to judge', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/a', (exchange) => exchange.answer(exchange.field('if-match') ? 412 : 200, minute, 'x'))
  await ask(edge.address, '/a')
  t.equal((await ask(edge.address, '/a', { fields: ['If-Match', '"9"'] })).status, 412)
})

test('a purge finds what is stored by RFC 9111, with all its variants', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on(/./, (exchange) => exchange.answer(200, [...minute, 'Vary', 'Accept-Language'], 'x'))
  for (const language of ['de', 'fr'])
    for (const target of ['/a?b', '/a'])
      await ask(edge.address, target, { fields: ['Accept-Language', language] })
  t.same(await purge(edge, { target: '/a?b' }), { status: 200, answer: { purged: 2 } })
  t.same(await purge(edge, { prefix: '/a' }), { status: 200, answer: { purged: 2 } })
  t.equal(edge.read().heldBytes, 0)
})

test('what sets a cookie or differs by who asks is never shared', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const cases: Record<string, readonly string[]> = {
    '/cookie': [...minute, 'Set-Cookie', 'a=b'],
    '/address': [...minute, 'Vary', 'X-Forwarded-For'],
    '/anything': [...minute, 'Vary', '*']
  }
  for (const [target, fields] of Object.entries(cases)) {
    origin.on(target, (exchange) => exchange.answer(200, fields, 'x'))
    await ask(edge.address, target)
    await ask(edge.address, target)
    t.equal(origin.count(target), 2, target)
  }
  const authorization = { fields: ['Authorization', 'Basic eDp5'] }
  origin.on('/secret', (exchange) => exchange.answer(200, minute, 'x'))
  await ask(edge.address, '/secret', authorization)
  await ask(edge.address, '/secret')
  t.equal(origin.count('/secret'), 2)
})
