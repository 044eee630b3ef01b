import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const playlist = '/hls/0/stream.m3u8'
const quiet = ['--tell-viewers', 'off']
const segment = (number: number): string => `/hls/0/stream-abcdefghi-${number}.ts`
const media = packets(20)

test('on start only what is asked for is fetched; later what is new, each once', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, quiet, clock)
  let first = 5
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist({ first })))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
  await ask(edge.address, playlist)
  await ask(edge.address, segment(6))
  await until('the playlist was reloaded', () => {
    clock.pass(50)
    return origin.count(playlist) >= 3
  })
  t.same(
    origin.to(/\.ts$/).map(({ target }) => target),
    [segment(6)],
    'what was listed at the start is nobody’s news'
  )
  first = 6
  await ask(edge.address, playlist)
  await until('the new one was fetched', () => {
    clock.pass(50)
    return origin.count(segment(8)) === 1
  })
  t.equal(origin.count(/\.ts$/), 2)
})

test('segments leave half of the connections to playlists, and a range of one and all of it are one fetch', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [...quiet, '--origin-connections', '4'])
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  const held: Exchange[] = []
  origin.on(/\.ts$/, (exchange) => held.push(exchange))
  const asks = [11, 12, 13, 14, 15].flatMap((number) => [
    ask(edge.address, segment(number), { fields: ['Range', 'bytes=188-375'] }),
    ask(edge.address, segment(number))
  ])
  await until('two are on their way', () => held.length === 2)
  t.equal((await ask(edge.address, playlist)).status, 200, 'a playlist does not wait for bodies')
  t.equal((await ask(edge.address, '/logo')).status, 404, 'nor does what ranks below them')
  t.equal(held.length, 2, 'and the others wait for their turn')
  for (let answered = 0; answered < 5; answered++) {
    await until('the next is on its way', () => held.length > answered)
    held[answered]?.answer(200, [], media)
  }
  for (const [i, { status, body }] of (await Promise.all(asks)).entries())
    t.same([status, body.length], i % 2 === 0 ? [206, 188] : [200, media.length])
  t.equal(origin.count(/\.ts$/), 5)
})

test('without the origin a stream goes on for --outage, and then a client is told', async (t) => {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [...quiet, '--outage', '60s'], clock)
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
  await ask(edge.address, playlist)
  await ask(edge.address, segment(2))
  await origin.close()
  await until('it is known to be away', () => {
    clock.pass(50)
    return edge.read().originIsDown
  })
  for (let second = 0; second < 57; second++) {
    clock.pass(1000)
    if ((await ask(edge.address, playlist)).status !== 200) t.fail(`gone after ${second} s`)
  }
  t.equal((await ask(edge.address, segment(2))).status, 200, 'its segments too')
  clock.pass(6000)
  const told = await ask(edge.address, playlist)
  t.equal(told.status, 502)
  t.equal(told.field('access-control-allow-origin'), '*')
})

test('timeouts follow the target duration: of a stream of short segments nobody waits for a quarter of a minute', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, [...quiet, '--origin-timeout', '60s'])
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist({ target: 1 })))
  origin.on(/\.ts$/, () => {})
  await ask(edge.address, playlist)
  const startedAt = Date.now()
  t.equal((await ask(edge.address, segment(1))).status, 504)
  t.ok(Date.now() - startedAt < 20_000, `told after ${Date.now() - startedAt} ms`)
})

test('the stream in a bucket is followed there, and its new segments are fetched from there', async (t) => {
  const clock = new ManualClock()
  const [origin, bucket] = [await ScriptedOrigin.start(t), await ScriptedOrigin.start(t)]
  const edge = await edgeBefore(t, origin, [...quiet, '--storage', `${bucket.address}/media`], clock)
  let first = 0
  const absolute = (): string =>
    mediaPlaylist({ first }).replace(/^stream-/gm, `${bucket.address}/media/hls/1/stream-`)
  bucket.on('/media/hls/1/stream.m3u8', (exchange) => exchange.answer(200, [], absolute()))
  bucket.on(/\.ts$/, (exchange) => exchange.answer(200, [], media))
  const opened = String((await ask(edge.address, '/storage/hls/1/stream.m3u8')).body)
  t.match(opened, /^\/storage\/hls\/1\/stream-abcdefghi-2\.ts$/m, 'players are led here')
  first = 1
  const fresh = '/hls/1/stream-abcdefghi-3.ts'
  await until('the new segment was fetched', () => {
    clock.pass(50)
    return bucket.count(`/media${fresh}`) === 1
  })
  const got = await ask(edge.address, `/storage${fresh}`)
  t.ok(got.body.equals(media))
  t.match(got.field('cache-status'), /^edge; hit/)
  t.equal(origin.requests.length, 0)
})
