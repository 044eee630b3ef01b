import { type Test, test } from 'tap'
import { ask, type Received, readAnswerHead, requestBytes } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { type LowLatencyShape, lowLatencyPlaylist } from '../fixtures/low-latency-stream.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { chunkOf, type Exchange, ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'
import { Wire } from '../fixtures/wire.ts'

const playlistType = ['Content-Type', 'application/vnd.apple.mpegurl']
const mediaType = ['Content-Type', 'video/mp4']

const chunked = ['Transfer-Encoding', 'chunked']

/** A low-latency stream at 10 segments and a part of the next, in front of any server's edge or of Owncast's. */
async function live(t: Test, at: 'generic' | 'owncast' = 'generic', shape: LowLatencyShape = {}) {
  const clock = new ManualClock()
  const origin = await ScriptedOrigin.start(t)
  const flags = at === 'generic' ? ['--profile', 'generic'] : ['--tell-viewers', 'off']
  const edge = await edgeBefore(t, origin, flags, clock)
  const path = at === 'generic' ? '/ll/a.m3u8' : '/hls/0/stream.m3u8'
  const answer = (exchange: Exchange, segments: number, parts: number): void =>
    exchange.answer(200, playlistType, lowLatencyPlaylist({ segments, parts }, shape))
  origin.on(path, (exchange) => answer(exchange, 10, 1))
  origin.on(/\.m4s/, (exchange) => exchange.answer(200, mediaType, packets(10)))
  const get = (query: string, fields: string[] = []): Promise<Received> =>
    ask(edge.address, path + query, { fields })
  return { clock, origin, edge, path, answer, get }
}

for (const at of ['generic', 'owncast'] as const) {
  test(`${at}: a blocking reload is asked for once, held, and answered to all who wait as soon as it is there`, async (t) => {
    const { origin, edge, path, answer, get } = await live(t, at)
    await get('')
    const asked = origin.next(`${path}?_HLS_msn=10&_HLS_part=1`)
    const waiting = [
      get('?_HLS_msn=10&_HLS_part=1'),
      get('?_HLS_part=1&_HLS_msn=10'),
      get('?CMCD=sid%3D1&_HLS_part=1&_HLS_msn=10')
    ]
    const exchange = await asked
    await until('all wait', () => edge.read().connections === 3)
    let isAnswered = false
    for (const one of waiting) void one.then(() => (isAnswered = true))
    await ask(edge.address, '/ll/none.m3u8')
    t.notOk(isAnswered, 'nobody is answered before there is news')
    answer(exchange, 10, 2)
    for (const { status, body, ...got } of await Promise.all(waiting)) {
      t.equal(status, 200)
      t.match(String(body), /-10\.1\.m4s"/)
      t.equal(got.field('access-control-allow-origin'), '*')
    }
    t.equal(origin.count(/_HLS_/), 1)
  })
}

test('what is here already is answered at once, without a word to the origin', async (t) => {
  const { origin, answer, get } = await live(t)
  await get('')
  for (const query of ['?_HLS_msn=9', '?_HLS_msn=10&_HLS_part=0', '?_HLS_msn=3', '?_HLS_msn=9&_HLS_part=3']) {
    const { status, body } = await get(query)
    t.equal(status, 200, query)
    t.match(String(body), /live-10\.0\.m4s/)
  }
  t.equal(origin.count(/_HLS_/), 0)
  origin.on(/_HLS_msn=10&_HLS_part=1$/, (exchange) => answer(exchange, 11, 0))
  await get('?_HLS_msn=10&_HLS_part=1')
  for (const query of ['?_HLS_msn=10&_HLS_part=3', '?_HLS_msn=10', '?_HLS_msn=10&_HLS_part=2&_HLS_skip=YES'])
    t.match(
      String((await get(query)).body),
      /live-10\.3\.m4s/,
      `${query}: the newest has it, whoever asked for it`
    )
  t.equal(origin.count(/_HLS_/), 1)
})

test('delta updates are others than whole playlists, and whoever asks for a whole one gets it', async (t) => {
  const { origin, answer, get } = await live(t)
  const delta = lowLatencyPlaylist({ segments: 10, parts: 3 }).replace(
    /(MEDIA-SEQUENCE:4\n)[\s\S]*?(#EXT-X-PART:)/,
    '$1#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n$2'
  )
  await get('')
  origin.on(/_HLS_skip=YES/, (exchange) => exchange.answer(200, playlistType, delta))
  origin.on(/_HLS_part=2$/, (exchange) => answer(exchange, 10, 3))
  const updates = await Promise.all([1, 2].map(() => get('?_HLS_msn=10&_HLS_part=2&_HLS_skip=YES')))
  for (const { body } of updates) t.equal(String(body), delta)
  t.equal(String((await get('?_HLS_msn=10&_HLS_part=1&_HLS_skip=YES')).body), delta, 'it has that part, too')
  t.notMatch(String((await get('?_HLS_msn=10&_HLS_part=2')).body), 'SKIPPED')
  t.equal(origin.count(/_HLS_/), 2)
})

test('directives that make no sense, or wait for too much, are a 400 and reach no origin', async (t) => {
  const { origin, edge, path, answer, get } = await live(t)
  await get('')
  const nonsense = ['_HLS_part=1', '_HLS_msn=x', '_HLS_msn=-1', '_HLS_msn=1.5', '_HLS_msn=1&_HLS_msn=2']
  nonsense.push('_HLS_msn=', '_HLS_skip=NO', '_HLS_msn=1&_HLS_part=a')
  const tooMuch = ['_HLS_msn=12', '_HLS_msn=99', '_HLS_msn=10&_HLS_part=7', '_HLS_msn=11&_HLS_part=6']
  for (const [code, queries] of [
    ['invalid-directives', nonsense],
    ['too-far-ahead', tooMuch]
  ] as const)
    for (const query of queries) {
      const refused = await get(`?${query}`)
      t.equal(refused.status, 400, query)
      t.equal(refused.field('access-control-allow-origin'), '*')
      t.match(JSON.parse(String(refused.body)), { code })
    }
  t.equal(origin.count(/_HLS_/), 0)
  const owncast = await live(t, 'owncast')
  for (const query of nonsense) t.equal((await owncast.get(`?${query}`)).status, 400, query)
  t.equal(owncast.origin.requests.length, 0)
  origin.on(`${path}?_HLS_new=1`, (exchange) => answer(exchange, 10, 1))
  t.equal((await ask(edge.address, `${path}?_HLS_new=1`)).status, 200, 'what is not known is not nonsense')
})

test('what was waited for is kept for six target durations, what was not for half a one', async (t) => {
  const { clock, origin, path, answer, get } = await live(t)
  await get('')
  clock.pass(999)
  await get('')
  t.equal(origin.count(path), 1, 'half of two seconds')
  clock.pass(2)
  await get('')
  t.equal(origin.count(path), 2)
  const waited = '?_HLS_msn=10&_HLS_part=1'
  origin.on(path + waited, (exchange) => answer(exchange, 10, 2))
  await get(waited)
  clock.pass(11_999)
  await get(waited)
  t.equal(origin.count(path + waited), 1)
  clock.pass(2)
  await get(waited)
  t.equal(origin.count(path + waited), 2)
})

test('a reload that was held is not older for it', async (t) => {
  const { clock, origin, path, answer, get } = await live(t)
  await get('')
  const asked = origin.next(`${path}?_HLS_msn=10`)
  const waiting = get('?_HLS_msn=10')
  const exchange = await asked
  clock.pass(1800)
  answer(exchange, 11, 0)
  t.equal((await waiting).field('age') ?? '0', '0', 'Age is what a player tunes in by')
  clock.pass(2000)
  t.equal((await get('?_HLS_msn=10')).field('age'), '2')
})

test('failures are kept for four target durations and for one', async (t) => {
  const { clock, origin, path, get } = await live(t)
  await get('')
  const waited = '?_HLS_msn=11'
  origin.on(path + waited, (exchange) => exchange.answer(404, ['Cache-Control', 'max-age=9999']))
  t.equal((await get(waited)).status, 404)
  clock.pass(7999)
  t.equal((await get(waited)).field('cache-control'), 'no-store')
  t.equal(origin.count(path + waited), 1)
  clock.pass(2)
  await get(waited)
  t.equal(origin.count(path + waited), 2)
  origin.on(path, (exchange) => exchange.answer(404))
  t.equal((await get('')).status, 404)
  clock.pass(1999)
  await get('')
  t.equal(origin.count(path), 2)
  clock.pass(2)
  await get('')
  t.equal(origin.count(path), 3)
})

test('an origin that answers a blocking reload without what was asked for is asked again', async (t) => {
  const { clock, origin, path, answer, get } = await live(t)
  const waited = '?_HLS_msn=10&_HLS_part=1'
  origin.on(path + waited, (exchange) => answer(exchange, 10, 1))
  await get(waited)
  clock.pass(1001)
  await get(waited)
  t.equal(origin.count(path + waited), 2, 'it is no more than the playlist as it was')
})

test('directives mean nothing to an origin that knows none: they cost it no request', async (t) => {
  const { origin, path, get } = await live(t, 'owncast')
  origin.on(path, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  await get('')
  for (let i = 0; i < 50; i++) t.equal((await get(`?_HLS_msn=${i}`)).status, 200)
  t.equal(origin.count(/m3u8/), 1)
})

test('an ended playlist answers everybody who waits, and is never stale', async (t) => {
  const { clock, origin, path, get } = await live(t)
  const ended = lowLatencyPlaylist({ segments: 11, parts: 0 }, { end: '#EXT-X-ENDLIST\n' })
  origin.on(/a\.m3u8/, (exchange) => exchange.answer(200, playlistType, ended))
  await get('?_HLS_msn=10')
  t.match(String((await get('?_HLS_msn=99')).body), /ENDLIST/, 'nothing more will come')
  t.equal(origin.count(/m3u8/), 1)
  clock.pass(1001)
  await get('?_HLS_msn=99')
  await get('?_HLS_msn=10')
  t.ok(origin.count(/m3u8/) >= 2, 'whether it is so is asked again after a second')
  origin.on(path, (exchange) => exchange.answer(404))
})

test('after a restart nothing of the stream before answers, though its numbers come again', async (t) => {
  const { origin, path, get } = await live(t)
  await get('')
  const numbered = (id: string, segments: number) => (exchange: Exchange) =>
    exchange.answer(200, playlistType, lowLatencyPlaylist({ segments, parts: 1 }, { id }))
  origin.on(`${path}?_HLS_msn=10`, numbered('live', 11))
  await get('?_HLS_msn=10')
  origin.on(`${path}?_HLS_msn=11`, numbered('again', 2))
  t.match(String((await get('?_HLS_msn=11')).body), /again-1\.m4s/)
  origin.on(`${path}?_HLS_msn=10`, numbered('again', 11))
  t.match(String((await get('?_HLS_msn=2&_HLS_part=0')).body), /again-1\.m4s/, 'the new one has that')
  t.notMatch(String((await get('?_HLS_msn=1')).body), /live-/)
})

test('through two tiers a reload and a hinted part cross each link once, and nobody waits longer for it', async (t) => {
  const { origin, edge: inner, path, answer } = await live(t)
  const outer = await edgeBefore(t, inner, ['--profile', 'generic'])
  await ask(outer.address, path)
  const asked = origin.next(`${path}?_HLS_msn=10&_HLS_part=1`)
  const hinted = origin.next('/ll/live-10.1.m4s')
  const reloads = [1, 2].map(() => ask(outer.address, `${path}?_HLS_msn=10&_HLS_part=1`))
  const parts = [1, 2].map(() => ask(outer.address, '/ll/live-10.1.m4s'))
  const [reload, part] = await Promise.all([asked, hinted])
  part.answer(200, mediaType, packets(10))
  answer(reload, 10, 2)
  for (const { status, body } of await Promise.all(reloads)) {
    t.equal(status, 200)
    t.match(String(body), /live-10\.1\.m4s/)
  }
  for (const { body } of await Promise.all(parts)) t.ok(body.equals(packets(10)))
  await until('nothing is under way', () => outer.read().fills + inner.read().fills === 0)
  t.equal(origin.count(/_HLS_/), 1)
  t.equal(origin.count('/ll/live-10.1.m4s'), 1)
  t.same(outer.read().originRequests, inner.read().originRequests)
})

test('only so many reloads of a playlist are held, so that nobody takes all connections to the origin', async (t) => {
  const { origin, edge, path, get } = await live(t, 'generic', { partsPerSegment: 20 })
  await get('')
  origin.on(/_HLS_/, () => {})
  const held = Array.from({ length: 12 }, (_, i) => get(`?_HLS_msn=10&_HLS_part=${i + 1}`))
  const refused = await Promise.race(held)
  t.equal(refused.status, 503)
  await until('eight are held', () => origin.count(/_HLS_/) === 8)
  t.equal(edge.read().fills, 8)
  // Whoever comes only now finds room.
  origin.on(/_HLS_/, (exchange) => exchange.answer(404))
  for (const exchange of origin.to(/_HLS_/)) exchange.answer(404)
  await Promise.all(held)
  t.equal((await get('')).status, 200, path)
})

test('while the origin is away reloads are held for a moment and answered with what there is, for --outage', async (t) => {
  const { clock, origin, edge, path, get } = await live(t)
  await get('')
  const port = Number(new URL(origin.address).port)
  await origin.close()
  const waiting = get('?_HLS_msn=10&_HLS_part=1')
  await until('it is known to be away', () => edge.read().originIsDown)
  let isAnswered = false
  void waiting.then(() => (isAnswered = true))
  clock.pass(1500)
  await ask(edge.address, '/ll/none.m3u8')
  t.notOk(isAnswered, 'who gets nothing new at once asks again at once')
  clock.pass(600)
  const held = await waiting
  t.equal(held.status, 200)
  t.match(held.field('cache-status'), /^edge; fwd=stale; ttl=-?\d+; detail=unreachable/)
  t.match(String(held.body), /live-10\.0\.m4s/)
  for (const query of ['', '?x=1']) t.equal((await get(query)).status, query === '' ? 200 : 502)
  const back = get('?_HLS_msn=10&_HLS_part=1')
  const again = await ScriptedOrigin.start(t, port)
  again.on(/./, (exchange) =>
    exchange.answer(200, playlistType, lowLatencyPlaylist({ segments: 11, parts: 1 }))
  )
  await until('it is known to be back', () => {
    clock.pass(10)
    return !edge.read().originIsDown
  })
  t.equal((await back).status, 200, 'nobody waits longer than the outage')
  t.match(String((await get('?_HLS_msn=10&_HLS_part=1')).body), /live-11\.0\.m4s/)
  await again.close()
  clock.pass(61_000)
  t.equal((await clock.passUntil(get('?_HLS_msn=11&_HLS_part=1'))).status, 502, path)
})

test('a hinted part is asked for once, held until it comes, and streamed to all while it arrives', async (t) => {
  const { origin, edge, get } = await live(t)
  await get('')
  const hinted = '/ll/live-10.1.m4s'
  const asked = origin.next(hinted)
  const wires = await Promise.all([1, 2, 3].map(() => Wire.to(edge.address)))
  for (const wire of wires) wire.write(requestBytes(hinted))
  const exchange = await asked
  await until('all wait', () => edge.read().connections === 3)
  const [begun, rest] = [packets(5), packets(5, 2)]
  exchange.begin(200, [...mediaType, ...chunked])
  exchange.send(chunkOf(begun))
  for (const wire of wires) {
    t.equal((await readAnswerHead(wire)).status, 200)
    await wire.readUntil('\r\n')
    t.ok((await wire.read(begun.length)).equals(begun), 'what is there is sent at once')
  }
  const { storedResponses } = edge.read()
  exchange.send(chunkOf(rest))
  exchange.send('0\r\n\r\n')
  exchange.done()
  await until('it is stored when it is whole', () => edge.read().storedResponses === storedResponses + 1)
  t.ok((await ask(edge.address, hinted)).body.equals(Buffer.concat([begun, rest])))
  t.equal(origin.count(hinted), 1)
  for (const wire of wires) wire.destroy()
})

test('a hint that comes to nothing is a 404 at once', async (t) => {
  const { origin, edge, get } = await live(t)
  await get('')
  origin.on('/ll/live-10.1.m4s', (exchange) => exchange.answer(404))
  t.equal((await ask(edge.address, '/ll/live-10.1.m4s')).status, 404)
  t.equal(origin.count('/ll/live-10.1.m4s'), 1, 'it was not listed yet')
})

test('parts that a playlist lists anew are fetched before anybody asks', async (t) => {
  const { origin, edge, path, answer, get } = await live(t)
  await get('')
  t.equal(origin.count(/m4s/), 0, 'on start only what is asked for')
  origin.on(`${path}?_HLS_msn=10&_HLS_part=1`, (exchange) => answer(exchange, 10, 3))
  await get('?_HLS_msn=10&_HLS_part=1')
  await until('both new parts are here', () => edge.read().storedResponses === 4)
  t.same(
    origin.to(/m4s/).map(({ target }) => target),
    ['/ll/live-10.1.m4s', '/ll/live-10.2.m4s']
  )
  t.match((await ask(edge.address, '/ll/live-10.2.m4s')).field('cache-status'), /^edge; hit/)
})

test('ranges of a segment in the making are things of their own: each once, held, and never taken for the whole', async (t) => {
  const { origin, edge, path, get } = await live(t, 'generic', { isRanged: true })
  await get('')
  const growing = '/ll/live-10.m4s'
  const whole = Buffer.concat([packets(10), packets(10, 2)])
  const part = (exchange: Exchange, start: number, end: number): void =>
    exchange.answer(
      206,
      [...mediaType, 'Content-Range', `bytes ${start}-${end - 1}/*`],
      whole.subarray(start, end)
    )
  origin.on(growing, (exchange) => {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(exchange.field('range') ?? '') ?? []
    if (start === undefined) return exchange.answer(200, mediaType, whole.subarray(0, 1880))
    part(exchange, Number(start), Math.min(whole.length, Number(end) + 1))
  })
  const ranged = (range: string): Promise<Received> =>
    ask(edge.address, growing, { fields: ['Range', range] })
  const firsts = await Promise.all([1, 2, 3].map(() => ranged('bytes=0-1879')))
  for (const { status, body, field } of firsts) {
    t.equal(status, 206)
    t.ok(body.equals(packets(10)))
    t.equal(field('content-range'), 'bytes 0-1879/*')
  }
  t.equal(origin.count(growing), 1)
  const asked = origin.next(growing)
  const open = [1, 2].map(() => ranged('bytes=1880-9007199254740991'))
  const exchange = await asked
  t.equal(exchange.field('range'), 'bytes=1880-9007199254740991')
  // It grows with each part, and nobody knows how far.
  exchange.begin(206, [...mediaType, 'Content-Range', 'bytes 1880-9007199254740991/*', ...chunked])
  exchange.send(chunkOf(whole.subarray(1880, 2820)))
  await until('the first bytes have come', () => edge.read().originBytes > 1880 + 900)
  const { storedResponses } = edge.read()
  open.push(ranged('bytes=1880-9007199254740991'))
  exchange.send(Buffer.concat([chunkOf(whole.subarray(2820)), Buffer.from('0\r\n\r\n')]))
  exchange.done()
  t.equal(edge.read().storedResponses, storedResponses, 'and it is not stored before it is complete')
  for (const { status, body } of await Promise.all(open)) {
    t.equal(status, 206)
    t.ok(body.equals(packets(10, 2)))
  }
  t.match((await ranged('bytes=0-1879')).field('cache-status'), /^edge; hit/)
  t.equal(origin.count(growing), 2)
  t.equal((await ask(edge.address, growing)).body.length, 1880, 'what there is of it now')
  t.equal((await ask(edge.address, growing)).field('cache-status')?.includes('hit'), false, 'is not kept')
  // Once it is listed as a whole it is one.
  origin.on(growing, (one) => one.answer(200, mediaType, whole))
  origin.on(`${path}?_HLS_msn=10`, (one) =>
    one.answer(200, playlistType, lowLatencyPlaylist({ segments: 11, parts: 1 }, { isRanged: true }))
  )
  await get('?_HLS_msn=10')
  t.ok((await ask(edge.address, growing)).body.equals(whole))
  t.match((await ranged('bytes=188-375')).field('cache-status'), /^edge; hit/)
})
