import { test } from 'tap'
import { ask } from '../fixtures/client.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'
import { mediaPlaylist, packets } from '../fixtures/media.ts'
import { ScriptedOrigin } from '../fixtures/scripted-origin.ts'
import { until } from '../fixtures/until.ts'

const generic = ['--profile', 'generic']
const playlistType = ['Content-Type', 'application/vnd.apple.mpegurl', 'Cache-Control', 'no-cache']
const page = ['Content-Type', 'text/html', 'Cache-Control', 'max-age=60']

test('a playlist of any server is followed, and what it lists is fetched before anybody asks', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  let first = 5
  origin.on(/^\/live\/cam\.m3u8/, (exchange) =>
    exchange.answer(200, playlistType, mediaPlaylist({ first, target: 1 }))
  )
  origin.on(/\/live\/stream-/, (exchange) =>
    exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(10))
  )
  const opened = await ask(edge.address, '/live/cam.m3u8?token=a&CMCD=sid%3D1')
  t.equal(opened.status, 200)
  t.equal(opened.field('access-control-allow-origin'), '*')
  t.equal(opened.field('cache-control'), 'no-cache', 'what the origin says to clients stays as it is')
  first = 6
  await until('the new segment was prefetched', () => origin.count('/live/stream-abcdefghi-8.ts') === 1)
  for (let text = ''; !text.includes('stream-abcdefghi-8.ts'); )
    text = (await ask(edge.address, '/live/cam.m3u8?token=a')).body.toString()
  const segment = await ask(edge.address, '/live/stream-abcdefghi-8.ts')
  t.match(segment.field('cache-status'), /^edge; hit/)
  t.equal(origin.count('/live/stream-abcdefghi-8.ts'), 1)
})

test('whoever has no token is not answered with what others have', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on('/a.m3u8?token=a', (exchange) => exchange.answer(200, playlistType, mediaPlaylist()))
  origin.on('/a.m3u8', (exchange) => exchange.answer(403))
  t.equal((await ask(edge.address, '/a.m3u8?token=a')).status, 200)
  t.equal((await ask(edge.address, '/a.m3u8')).status, 403)
})

test('media is what a playlist lists, whatever it is called', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const listed =
    '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:4,\nseg7.mp4\n#EXT-X-ENDLIST\n'
  origin.on('/vod/a.m3u8', (exchange) => exchange.answer(200, playlistType, listed))
  origin.on(/\.mp4$/, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp4'], packets(3)))
  await ask(edge.address, '/vod/a.m3u8')
  for (const name of ['/vod/seg7.mp4', '/vod/init.mp4']) {
    await ask(edge.address, name)
    t.match((await ask(edge.address, name)).field('cache-status'), /^edge; hit/, name)
  }
  await ask(edge.address, '/vod/other.mp4')
  t.match((await ask(edge.address, '/vod/other.mp4')).field('cache-status'), /fwd=/, 'nobody lists it')
})

test('a playlist that is not called one is told by its type', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const type = ['Content-Type', 'application/x-mpegURL', 'Cache-Control', 'max-age=1']
  origin.on('/watch', (exchange) => exchange.answer(200, type, mediaPlaylist({ target: 1 })))
  origin.on(/\/stream-/, (exchange) => exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(2)))
  await ask(edge.address, '/watch')
  const again = await ask(edge.address, '/watch')
  t.equal(again.field('access-control-allow-origin'), '*', 'has the rules of media')
  await until('it is followed', () => edge.read().playlists.length === 1)
})

test('what only looks like media by its name goes past the cache', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  origin.on(/./, (exchange) => exchange.answer(200, page, `for one at ${exchange.target}`))
  for (const target of ['/account/x.m3u8', '/account/x.ts', '/api/me/x.m4s']) {
    const { status, body } = await ask(edge.address, target)
    t.equal(status, 200, target)
    t.equal(String(body), `for one at ${target}`)
    t.match((await ask(edge.address, target)).field('cache-status'), /fwd=bypass/)
  }
})

test('a segment that the origin keeps to itself is not stored', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  for (const directive of ['private', 'no-store']) {
    const target = `/${directive}/1.ts`
    const fields = ['Content-Type', 'video/mp2t', 'Cache-Control', directive]
    origin.on(target, (exchange) => exchange.answer(200, fields, packets(2)))
    await ask(edge.address, target)
    t.match((await ask(edge.address, target)).field('cache-status'), /fwd=bypass/, directive)
  }
})

test('the origin is asked under its own name, and told nobody else’s', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const host = new URL(origin.address).host
  const fields = ['Host', 'edge.example', 'X-Forwarded-Host', 'evil.example']
  for (const target of ['/a.m3u8', '/1.ts', '/page', '/page?x']) await ask(edge.address, target, { fields })
  await ask(edge.address, '/form', { method: 'POST', fields, body: 'a' })
  for (const exchange of origin.requests) {
    t.same(exchange.lines('host'), [host], exchange.target)
    t.equal(exchange.field('x-forwarded-host'), undefined)
  }
})

/** An origin that uses its names again when the stream restarts, as SRS and nginx-rtmp do. */
function restartable(origin: ScriptedOrigin) {
  const stream = { first: 0, seed: 1 }
  origin.on(/^\/live\/cam\.m3u8/, (exchange) =>
    exchange.answer(200, playlistType, mediaPlaylist({ first: stream.first, target: 1, id: 'cam' }))
  )
  origin.on(/^\/live\/stream-/, (exchange) =>
    exchange.answer(200, ['Content-Type', 'video/mp2t'], packets(5, stream.seed))
  )
  return stream
}

for (const isWatched of [true, false])
  test(`a stream that restarts under the same names ${isWatched ? 'while it is watched' : 'unseen'} is not mixed with the one before`, async (t) => {
    const clock = new ManualClock()
    const origin = await ScriptedOrigin.start(t)
    const edge = await edgeBefore(t, origin, generic, clock)
    const stream = restartable(origin)
    for (const first of [1, 2]) {
      stream.first = first
      await ask(edge.address, '/live/cam.m3u8')
      for (const n of [2, 3]) await ask(edge.address, `/live/stream-cam-${n}.ts`)
      clock.pass(1000)
    }
    t.same((await ask(edge.address, '/live/stream-cam-2.ts')).body, packets(5, 1), 'of the first stream')
    while (!isWatched && edge.read().playlists.length > 0) {
      clock.pass(1000)
      await ask(edge.address, '/something')
    }
    Object.assign(stream, { first: 0, seed: 2 })
    for (let text = ''; !text.includes('SEQUENCE:0'); clock.pass(100))
      text = String((await ask(edge.address, '/live/cam.m3u8')).body)
    for (const n of [0, 1, 2])
      t.same(
        (await ask(edge.address, `/live/stream-cam-${n}.ts`)).body,
        packets(5, 2),
        'of the second stream'
      )
  })

test('players are led here by playlists that name the origin, and elsewhere by those that name others', async (t) => {
  const origin = await ScriptedOrigin.start(t)
  const edge = await edgeBefore(t, origin, generic)
  const named = (host: string) =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n${host}/a/1.ts\n#EXT-X-ENDLIST\n`
  origin.on('/here.m3u8', (exchange) => exchange.answer(200, playlistType, named(origin.address)))
  origin.on('/away.m3u8', (exchange) => exchange.answer(200, playlistType, named('https://cdn.example')))
  t.match(String((await ask(edge.address, '/here.m3u8')).body), /^\/a\/1\.ts$/m)
  t.match(String((await ask(edge.address, '/away.m3u8')).body), /^https:\/\/cdn\.example\/a\/1\.ts$/m)
})
