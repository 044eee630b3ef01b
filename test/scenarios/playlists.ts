import { type Test, test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, multivariantPlaylist, packets } from '../fixtures/media.ts'
import { type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'

const media = '/hls/0/stream.m3u8'
const main = '/hls/stream.m3u8'
const noStore = [
  'Cache-Control',
  'no-cache, no-store, must-revalidate',
  'Expires',
  'Thu, 1 Jan 1970 00:00:00 GMT'
]

/** An origin with one live variant, and an edge before it whose time stands still. */
async function live(t: Test, playlist = mediaPlaylist()) {
  const origin = await ScriptedOrigin.start(t)
  const clock = new ManualClock()
  const edge = await edgeBefore(t, origin, [], clock)
  const get = (target: string) => ask(edge.address, target, { fields: ['User-Agent', 'hls'] })
  origin.on(main, (exchange) => exchange.answer(200, noStore, multivariantPlaylist))
  origin.on(media, (exchange) => exchange.answer(200, noStore, playlist))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], packets(3)))
  return { origin, clock, edge, get }
}

const script = (origin: ScriptedOrigin, target: string, answer: (exchange: Exchange) => void): void =>
  origin.on(target, answer)

test('300 polls with different queries within a second cost at most 2 origin requests', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  origin.on(/^\/hls\/0\/stream\.m3u8/, (exchange) => exchange.answer(200, noStore, mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(200, [], packets(3)))
  const edge = await edgeBefore(t, origin)
  const begin = Date.now()
  const polls = Array.from({ length: 300 }, (_, i) =>
    ask(edge.address, `${media}?cachebust=${i.toString(16)}`)
  )
  const answers = await Promise.all(polls)
  const seconds = Math.max(1, (Date.now() - begin) / 1000)
  t.ok(answers.every(({ body }) => body.toString() === mediaPlaylist()))
  t.ok(origin.count(/\.m3u8/) <= 2 * seconds, `${origin.count(/\.m3u8/)} requests in ${seconds} s`)
  t.same(
    new Set(origin.to(/\.m3u8/).map(({ target }) => target)),
    new Set([media]),
    'and the query stays here'
  )
})

test('polls that come together are collapsed into one', async (t) => {
  const { origin, get } = await live(t)
  const asked = origin.next(media)
  const polls = Promise.all(Array.from({ length: 20 }, (_, i) => get(`${media}?${i}`)))
  const exchange = await asked
  exchange.answer(200, noStore, mediaPlaylist())
  const answers = await polls
  t.ok(answers.every(({ status, body }) => status === 200 && body.toString() === mediaPlaylist()))
  t.equal(origin.count(media), 1)
})

test('clients are told to store no playlist, and any site may read it', async (t) => {
  const { get } = await live(t)
  for (const target of [main, main, media, media]) {
    const answer = await get(target)
    t.match(answer.field('cache-control'), 'no-store')
    t.equal(answer.field('access-control-allow-origin'), '*')
    t.notOk(answer.field('expires'))
  }
})

test('a multivariant playlist is kept for a second', async (t) => {
  const { origin, clock, get } = await live(t)
  await get(main)
  clock.pass(999)
  t.match((await get(main)).field('cache-status'), 'edge; hit')
  clock.pass(1)
  t.match((await get(main)).field('cache-status'), 'edge; fwd=stale; stored')
  t.equal(origin.count(main), 2)
})

test('a playlist that has ended is kept for half its target duration, a second at the most', async (t) => {
  for (const [target, keptFor] of [
    [1, 500],
    [2, 1000],
    [5, 1000]
  ] as const) {
    const { origin, clock, get } = await live(t, mediaPlaylist({ target, end: '#EXT-X-ENDLIST\n' }))
    await get(media)
    clock.pass(keptFor - 1)
    t.match((await get(media)).field('cache-status'), 'edge; hit', `${target} s`)
    clock.pass(1)
    await get(media)
    t.equal(origin.count(media), 2, `${target} s`)
  }
})

test('a playlist that has ended is never served stale: the stream that begins after it is seen at once', async (t) => {
  const { origin, clock, get } = await live(t, mediaPlaylist({ end: '#EXT-X-ENDLIST\n' }))
  await get(media)
  clock.pass(1000)
  const next = mediaPlaylist({ id: 'nextstream' })
  script(origin, media, (exchange) => exchange.answer(200, noStore, next))
  t.equal((await get(media)).body.toString(), next)
})

test('a playlist that has ended does not stand in for an origin that fails', async (t) => {
  const { origin, clock, get } = await live(t, mediaPlaylist({ end: '#EXT-X-ENDLIST\n' }))
  await get(media)
  clock.pass(1001)
  script(origin, media, (exchange) => exchange.answer(503))
  t.equal((await get(media)).status, 503)
  await origin.close()
  const gone = await get(media)
  t.equal(gone.status, 502)
  t.equal(gone.field('access-control-allow-origin'), '*')
})

test('a playlist with an end replaces a live one that was followed', async (t) => {
  const { origin, clock, get } = await live(t)
  await get(media)
  script(origin, media, (exchange) =>
    exchange.answer(200, noStore, mediaPlaylist({ end: '#EXT-X-ENDLIST\n' }))
  )
  for (let i = 0; i < 40 && !(await get(media)).body.includes('ENDLIST'); i++) clock.pass(100)
  t.match((await get(media)).body.toString(), /ENDLIST/)
  const asked = origin.count(media)
  clock.pass(1001)
  await get(media)
  t.equal(origin.count(media), asked + 1, 'and ages like any other')
})

test('a body that is no whole playlist does not replace a good one', async (t) => {
  const { origin, clock, get } = await live(t)
  await get(main)
  const bad = ['', '#EXTM3U\n', multivariantPlaylist.slice(0, -5), '<html>', 'half']
  for (const body of bad) {
    clock.pass(1001)
    const before = origin.count(main)
    script(origin, main, (exchange) =>
      exchange.answer(200, noStore, origin.count(main) === before + 1 ? body : multivariantPlaylist)
    )
    const answer = clock.passUntil(get(main))
    t.equal((await answer).body.toString(), multivariantPlaylist, JSON.stringify(body))
    t.equal(origin.count(main), before + 2)
  }
})

test('slashes that a serving endpoint doubled are folded', async (t) => {
  const { origin, get } = await live(t)
  const answers = await Promise.all(['//hls/0/stream.m3u8', '/hls//0/stream.m3u8', media].map(get))
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200]
  )
  t.equal(origin.count(/m3u8/), 1)
})

test('delivery directives make another playlist, whatever else is in the query', async (t) => {
  const { origin, get } = await live(t)
  origin.on(/\?/, (exchange) => exchange.answer(200, noStore, mediaPlaylist({ first: 1 })))
  const targets = ['?_HLS_msn=4&_HLS_part=1', '?x=1&_HLS_part=1&y=2&_HLS_msn=4', '?_HLS_part=1&_HLS_msn=4&z']
  await Promise.all(targets.map((query) => get(media + query)))
  t.same(
    origin.to(/m3u8/).map(({ target }) => target),
    [`${media}?_HLS_msn=4&_HLS_part=1`]
  )
})
