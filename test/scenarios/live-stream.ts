import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.ts'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const playlist = '/hls/0/stream.m3u8'
const media = packets(100)

function newestIn(text: string): string {
  return `/hls/0/${text.match(/^stream-.*\.ts$/gm)?.at(-1)}`
}

test('a segment is here before anybody asks for it, once the stream is watched; its playlist lists nothing that is not', async (t) => {
  const owncast = await startOwncast({ latencyLevel: 0, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  const first = newestIn((await ask(edge.address, playlist)).body.toString())
  let newest = first
  for (let seen = 0; seen < 3; ) {
    const answer = await ask(edge.address, playlist)
    const listed = newestIn(answer.body.toString())
    if (listed === newest) continue
    newest = listed
    seen++
    const segment = await ask(edge.address, newest)
    t.match(segment.field('cache-status'), /^edge; hit/, `${newest} is a hit`)
    t.equal(owncast.requests.count(newest), 1, 'and was fetched once')
  }
  t.equal(owncast.requests.count('/hls/1/stream.m3u8'), 0, 'the variant that nobody watches is not fetched')
})

test('what a playlist lists is there: a segment the origin says is missing is asked for again, up to a second', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  const target = '/hls/0/stream-abcdefghi-2.ts'
  const unlisted = '/hls/0/stream-abcdefghi-9.ts'
  const year = ['Cache-Control', 'public, max-age=31557600']
  origin.on(target, (exchange) =>
    origin.count(target) < 4 ? exchange.answer(404, year) : exchange.answer(200, [], media)
  )
  await ask(edge.address, playlist)
  const found = await ask(edge.address, target)
  t.equal(found.status, 200)
  t.same(found.body, media)
  origin.on(unlisted, (exchange) => exchange.answer(404, year))
  const missing = await ask(edge.address, unlisted)
  t.equal(missing.status, 404)
  t.equal(missing.field('cache-control'), 'no-store')
  t.equal(origin.count(unlisted), 1, 'what is not listed may well be missing')
})

test('and a second later the client hears of it', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  origin.on(/\.ts$/, (exchange) => exchange.answer(404))
  await ask(edge.address, playlist)
  const startedAt = Date.now()
  t.equal((await ask(edge.address, '/hls/0/stream-abcdefghi-1.ts')).status, 404)
  t.ok(Date.now() - startedAt >= 900, 'not sooner')
})

test('half-written files are asked for again and never published', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  const whole = mediaPlaylist()
  const halves = ['', whole.slice(0, 30), whole.slice(0, -8)]
  origin.on(playlist, (exchange) => exchange.answer(200, [], halves[origin.count(playlist) - 1] ?? whole))
  t.equal((await ask(edge.address, playlist)).body.toString(), whole)
  t.equal(origin.count(playlist), 4)
  const target = '/hls/0/stream-abcdefghi-1.ts'
  origin.on(target, (exchange) =>
    exchange.answer(200, [], origin.count(target) < 3 ? media.subarray(0, 1000) : media)
  )
  t.same((await ask(edge.address, target)).body, media)
  t.equal(edge.read().askedAgain, 5)
})

const serving = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1200000
https://edge-a.example//hls/0/stream.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=400000
https://edge-a.example//hls/1/stream.m3u8
`

test('with a serving endpoint viewers stay on the edge they came to', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on('/hls/stream.m3u8', (exchange) => exchange.answer(200, [], serving))
  origin.on(playlist, (exchange) => exchange.answer(200, [], mediaPlaylist()))
  const lines = (await ask(edge.address, '/hls/stream.m3u8')).body.toString().split('\n')
  t.same(
    lines.filter((line) => line !== '' && !line.startsWith('#')),
    ['0/stream.m3u8', '1/stream.m3u8']
  )
})

test('but addresses of media that the origin has not got stay as they are', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin)
  origin.on('/hls/stream.m3u8', (exchange) => exchange.answer(200, [], serving))
  origin.on(playlist, (exchange) => exchange.answer(404))
  t.equal((await ask(edge.address, '/hls/stream.m3u8')).body.toString(), serving)
})

test('media in a bucket is cached here too, and nothing else of the bucket can be reached', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const bucket = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, ['--storage', `${bucket.address}/live`])
  const master = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1200000\n${bucket.address}/live/hls/0/stream.m3u8\n`
  origin.on('/hls/stream.m3u8', (exchange) => exchange.answer(200, [], master))
  bucket.on('/live/hls/0/stream.m3u8', (exchange) => exchange.answer(200, [], mediaPlaylist()))
  bucket.on('/live/hls/0/stream-abcdefghi-1.ts', (exchange) => exchange.answer(200, [], media))
  bucket.on(/secret/, (exchange) => exchange.answer(200, [], 'a secret'))
  origin.on(/^\/storage/, (exchange) => exchange.answer(404))
  t.match((await ask(edge.address, '/hls/stream.m3u8')).body.toString(), '\n/storage/hls/0/stream.m3u8\n')
  t.equal((await ask(edge.address, '/storage/hls/0/stream.m3u8')).body.toString(), mediaPlaylist())
  const answers = await Promise.all(
    [1, 2, 3].map(() => ask(edge.address, '/storage/hls/0/stream-abcdefghi-1.ts'))
  )
  for (const { body } of answers) t.same(body, media)
  t.equal(bucket.count(/-1\.ts$/), 1, 'the bucket is asked once')
  const [request] = bucket.to(/-1\.ts$/)
  t.equal(request?.field('x-forwarded-for'), undefined, 'and does not learn who watches')
  for (const target of [
    '/storage/secret',
    '/storage/hls/0/secret.json',
    '/storage/../secret.ts',
    '/storage/hls/%2e%2e/secret.ts',
    '/storage/'
  ])
    t.equal((await ask(edge.address, target)).status, 404, target)
  t.equal(bucket.count(/secret/), 0)
})

test('an edge behind an edge: each segment crosses each link once, and a playlist comes as soon as there is one', async (t) => {
  const owncast = await startOwncast({ latencyLevel: 0, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const inner = await edgeBefore(t, owncast, ['--trust-proxy', '127.0.0.1'])
  const outer = await edgeBefore(t, inner)
  const polls = setInterval(
    () => void ask(outer.address, playlist, { fields: ['User-Agent', 'VLC/3'] }).catch(() => {}),
    200
  )
  t.teardown(() => clearInterval(polls))
  await until('six segments have come', () => (outer.read().originRequests.segment ?? 0) >= 6)
  t.equal(inner.read().originRequests.segment, outer.read().originRequests.segment, 'once on each link')
  const [perSegment, asked] = [
    outer.read().originRequests.segment ?? 0,
    outer.read().originRequests['media-playlist'] ?? 0
  ]
  t.ok(asked <= 4 * perSegment, `${asked} playlist requests for ${perSegment} segments`)
  t.same(
    owncast.viewers().map(({ userAgent }) => userAgent),
    ['VLC/3'],
    'Owncast counts the viewer once and no edge'
  )
})

test('a reload that waits is answered when there is news, not before, and not for ever', async (t) => {
  const owncast = await startOwncast({ latencyLevel: 0, startupGap: 0, onlineDelay: 0 })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  const first = await ask(edge.address, playlist)
  const etag = first.field('etag') ?? ''
  const next = await ask(edge.address, playlist, { fields: ['If-None-Match', etag, 'Prefer', 'wait=5'] })
  t.equal(next.status, 200)
  t.not(next.field('etag'), etag)
  t.not(next.body.toString(), first.body.toString())
  t.match(next.field('edge-age'), /^\d+$/, 'how old it is, in milliseconds')
  t.equal(first.field('edge-age'), undefined, 'nobody else needs to know')
})
