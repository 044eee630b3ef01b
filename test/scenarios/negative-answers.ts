import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const segment = '/hls/0/stream-abcdefghi-7.ts'
const aYear = ['Cache-Control', 'public, max-age=31557600', 'Expires', 'Fri, 01 Jan 2100 00:00:00 GMT']

test('a missing segment is missing for a second at most, whatever the origin says', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  origin.on(segment, (exchange) => exchange.answer(404, aYear, 'not here'))
  for (let i = 0; i < 3; i++) {
    const answer = await ask(edge.address, `${segment}?${i}`)
    t.same([answer.status, answer.body.toString()], [404, 'not here'])
    t.equal(answer.field('cache-control'), 'no-store')
    t.equal(answer.field('expires'), undefined)
    t.equal(answer.field('access-control-allow-origin'), '*')
  }
  t.equal(origin.requests.length, 1, 'a flood for it costs one request')
  clock.pass(1000)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(2)))
  t.equal((await ask(edge.address, segment)).status, 200, 'and then it may be there')
})

test('a missing playlist is missing for half a second at most', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  for (const name of ['/hls/stream.m3u8', '/hls/0/stream.m3u8']) {
    t.equal((await ask(edge.address, name)).status, 404)
    t.equal((await ask(edge.address, name)).field('cache-control'), 'no-store')
    t.equal(origin.count(name), 1)
    clock.pass(500)
    origin.on(name, (exchange) => exchange.answer(200, [], mediaPlaylist()))
    t.equal((await ask(edge.address, name)).status, 200)
  }
})

test('an error of the origin is passed on and not kept', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  for (const name of [segment, '/hls/stream.m3u8', '/api/config']) {
    origin.on(name, (exchange) => exchange.answer(500, aYear, 'oops'))
    for (let i = 1; i <= 2; i++) {
      const answer = await ask(edge.address, name)
      t.same([answer.status, answer.body.toString()], [500, 'oops'], name)
      t.equal(answer.field('cache-control'), 'no-store')
      t.equal(answer.field('access-control-allow-origin'), name.startsWith('/hls/') ? '*' : undefined)
      t.equal(origin.count(name), i)
    }
  }
  t.equal(edge.read().storedResponses, 0)
  t.equal(edge.read().heldBytes, 0)
})

test('a missing asset is not kept, and its max-age does not reach clients', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const name = '/_next/static/chunks/main-abc.js'
  origin.on(name, (exchange) => exchange.answer(404, aYear))
  for (let i = 1; i <= 2; i++) {
    t.equal((await ask(edge.address, name)).field('cache-control'), 'no-store')
    t.equal(origin.count(name), i)
  }
})

test('a flood of missing names evicts no segment', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(segment, (exchange) => exchange.answer(200, [], packets(2)))
  const edge = await edgeBefore(t, origin)
  await ask(edge.address, segment)
  for (let i = 0; i < 40; i++)
    await Promise.all(
      Array.from({ length: 30 }, (_, j) => ask(edge.address, `/hls/0/stream-guessing-${i * 30 + j}.ts`))
    )
  t.match((await ask(edge.address, segment)).field('cache-status'), 'edge; hit')
  t.ok(edge.read().storedResponses <= 1001)
})
