import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.js'
import { ask } from '../fixtures/client.js'
import { ManualClock } from '../fixtures/manual-clock.js'

const decoders = {
  br: promisify(brotliDecompress),
  gzip: promisify(gunzip),
  deflate: promisify(inflate)
}
/** A stand-in with a whole playlist, and the target of its newest segment. */
async function live(t) {
  const clock = new ManualClock()
  const owncast = await startOwncast({ clock, startupGap: 0 })
  t.teardown(() => owncast.close())
  const { body } = await ask(owncast.address, '/hls/0/stream.m3u8')
  const segment = `/hls/0/${body.toString().trim().split('\n').at(-1)}`
  return { clock, segment, get: (target, options) => ask(owncast.address, target, options) }
}
const PLAYLIST = '/hls/0/stream.m3u8'
test('a playlist may not be stored, a segment for a year; any origin may read both', async (t) => {
  const { get, segment } = await live(t)
  const playlist = await get(PLAYLIST)
  t.equal(playlist.field('cache-control'), 'no-cache, no-store, must-revalidate')
  t.equal(playlist.field('expires'), 'Thu, 1 Jan 1970 00:00:00 GMT')
  t.equal(playlist.field('content-type'), 'application/x-mpegURL')
  const media = await get(segment)
  t.equal(media.field('cache-control'), 'public, max-age=31557600')
  t.equal(media.field('content-type'), 'video/mp2t')
  for (const { field, body } of [playlist, media]) {
    t.equal(field('access-control-allow-origin'), '*')
    t.equal(field('vary'), 'Accept-Encoding')
    t.equal(field('accept-ranges'), 'bytes')
    t.equal(field('content-length'), String(body.length))
    t.equal(field('etag'), undefined)
    t.equal(field('connection'), 'close', 'only because the client asked for it')
  }
})
test('a segment that is not there: 404 with the lifetime of one that is', async (t) => {
  const { get } = await live(t)
  const { status, field, body } = await get('/hls/0/stream-nobodyhas-7.ts')
  t.equal(status, 404)
  t.equal(field('cache-control'), 'public, max-age=31557600')
  t.equal(field('content-type'), 'text/plain; charset=utf-8')
  t.equal(body.toString(), '404 page not found\n')
  t.equal((await get('/hls/9/stream.m3u8')).field('cache-control'), 'no-cache, no-store, must-revalidate')
})
test('another extension: 404 and nothing else', async (t) => {
  const { get } = await live(t)
  const { status, field, body } = await get('/hls/0/stream.mp4')
  t.equal(status, 404)
  t.equal(field('cache-control'), undefined)
  t.equal(body.length, 0)
})
test('any method gets the playlist, HEAD without its body', async (t) => {
  const { get } = await live(t)
  const { body } = await get(PLAYLIST)
  for (const method of ['POST', 'OPTIONS', 'DELETE']) t.same((await get(PLAYLIST, { method })).body, body)
  const head = await get(PLAYLIST, { method: 'HEAD' })
  t.equal(head.field('content-length'), String(body.length))
  t.equal(head.body.length, 0)
})
test('the query is nobody’s business', async (t) => {
  const { get } = await live(t)
  t.same((await get(`${PLAYLIST}?cachebust=1f`)).body, (await get(PLAYLIST)).body)
})
test('unclean paths are led to the clean one', async (t) => {
  const { get } = await live(t)
  const { status, field } = await get('/hls//0/../stream.m3u8?a=b')
  t.equal(status, 301)
  t.equal(field('location'), '/hls/stream.m3u8?a=b')
})
test('If-Modified-Since: 304 until the second changes', async (t) => {
  const { clock, get } = await live(t)
  const since = (await get(PLAYLIST)).field('last-modified')
  const fields = ['If-Modified-Since', since]
  const unchanged = await get(PLAYLIST, { fields })
  t.equal(unchanged.status, 304)
  t.equal(unchanged.field('cache-control'), 'no-cache, no-store, must-revalidate')
  t.equal(unchanged.field('content-length'), undefined)
  t.equal((await get(PLAYLIST, { fields, method: 'POST' })).status, 200)
  t.equal((await get(PLAYLIST, { fields: [...fields, 'If-None-Match', '"a"'] })).status, 200)
  clock.pass(3000)
  t.equal((await get(PLAYLIST, { fields })).status, 200)
})
test('the date is that of the clock', async (t) => {
  const { clock, get } = await live(t)
  clock.pass(86_400_000)
  t.equal((await get(PLAYLIST)).field('date'), new Date(clock.now()).toUTCString())
})
test('one range is cut out, several are not', async (t) => {
  const { get, segment } = await live(t)
  const { body, field } = await get(segment)
  const range = async (range, ...more) => get(segment, { fields: ['Range', range, ...more] })
  const part = await range('bytes=188-375')
  t.equal(part.status, 206)
  t.equal(part.field('content-range'), `bytes 188-375/${body.length}`)
  t.same(part.body, body.subarray(188, 376))
  t.same((await range('bytes=-188')).body, body.subarray(-188))
  t.same((await range(`bytes=${body.length - 188}-`)).body, body.subarray(-188))
  t.equal((await range('bytes=0-1,4-5')).status, 200)
  t.equal((await range('bytes=0-1', 'If-Range', field('last-modified'))).status, 206)
  t.equal((await range('bytes=0-1', 'If-Range', 'Thu, 01 Jan 1970 00:00:00 GMT')).status, 200)
  const beyond = await range(`bytes=${body.length}-`)
  t.equal(beyond.status, 416)
  t.equal(beyond.field('content-range'), `bytes */${body.length}`)
})
test('whoever accepts a coding gets it, of playlists and segments alike, without a length', async (t) => {
  const { get, segment } = await live(t)
  for (const target of [PLAYLIST, segment]) {
    const { body } = await get(target)
    for (const coding of ['br', 'gzip', 'deflate']) {
      const coded = await get(target, { fields: ['Accept-Encoding', coding] })
      t.equal(coded.field('content-encoding'), coding)
      t.equal(coded.field('content-length'), undefined)
      t.equal(coded.field('accept-ranges'), undefined)
      t.same(await decoders[coding](coded.body), body)
    }
  }
})
test('the server’s preference decides between codings, and a weight of zero rules one out', async (t) => {
  const { get } = await live(t)
  const coding = async (accepted) =>
    (await get(PLAYLIST, { fields: ['Accept-Encoding', accepted] })).field('content-encoding')
  t.equal(await coding('deflate, gzip;q=0.1, br;q=0.2'), 'br')
  t.equal(await coding('gzip, br;q=0'), 'gzip')
  t.equal(await coding('identity'), undefined)
})
test('whoever accepts a coding gets no range, even where nothing is compressed', async (t) => {
  const { get, segment } = await live(t)
  const fields = ['Accept-Encoding', 'gzip', 'Range', 'bytes=0-9']
  t.equal((await get(segment, { fields })).status, 200)
  const short = await get('/hls/0/stream-nobodyhas-7.ts', { fields })
  t.equal(short.field('content-encoding'), undefined, 'too short to be worth it')
  t.equal(short.field('vary'), 'Accept-Encoding')
})
test('a conditional request is answered alike whether or not a coding is accepted', async (t) => {
  const { get, segment } = await live(t)
  const since = (await get(segment)).field('last-modified')
  const fields = ['If-Modified-Since', since, 'Accept-Encoding', 'gzip, br']
  t.equal((await get(segment, { fields })).status, 304)
})
