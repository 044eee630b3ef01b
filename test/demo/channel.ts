import { type Test, test } from 'tap'
import { type Owncast, type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { ask } from '../fixtures/client.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

async function start(t: Test, options: OwncastOptions = {}) {
  const clock = new ManualClock()
  const owncast = await startOwncast({ clock, ...options })
  t.teardown(() => owncast.close())
  return { clock, owncast }
}

async function playlist({ address }: Owncast): Promise<string> {
  const { status, body } = await ask(address, '/hls/0/stream.m3u8')
  return status === 200 ? body.toString() : String(status)
}

async function isOnline({ address }: Owncast): Promise<boolean> {
  const { body } = await ask(address, '/api/status')
  return JSON.parse(body.toString()).online
}

async function status({ address }: Owncast, target: string): Promise<number> {
  return (await ask(address, target)).status
}

const names = (text: string): string[] => text.match(/^stream-.*$/gm) ?? []

test('an Owncast that never streamed shows its offline clip: an event playlist with an end', async (t) => {
  const { owncast } = await start(t, { live: false })
  const text = await playlist(owncast)
  t.match(text, /#EXT-X-PLAYLIST-TYPE:EVENT\n/)
  t.match(text, /\nstream-offline-1\.ts\n#EXT-X-ENDLIST\n$/)
  t.same(names(text), ['stream-offline-0.ts', 'stream-offline-1.ts'])
  for (const name of names(text)) t.equal(await status(owncast, `/hls/0/${name}`), 200)
  t.equal(await status(owncast, '/hls/0/stream-offline-2.ts'), 404)
  t.equal(await status(owncast, '/hls/0/offline.ts'), 404)
  t.equal(await isOnline(owncast), false)
})

test('before the offline clip is transcoded, everything is 404', async (t) => {
  const { owncast, clock } = await start(t, { live: false, offlineGap: 2000 })
  t.equal(await playlist(owncast), '404')
  t.equal(await status(owncast, '/hls/stream.m3u8'), 404)
  clock.pass(2000)
  t.match(await playlist(owncast), /ENDLIST/)
})

test('going live: 404 for a segment, then a playlist that grows, and online after seven seconds or three segments', async (t) => {
  const { owncast, clock } = await start(t)
  for (const target of ['/hls/stream.m3u8', '/hls/0/stream.m3u8', '/hls/0/stream-offline-0.ts']) {
    t.equal(await status(owncast, target), 404)
  }
  clock.pass(2999)
  t.equal(await playlist(owncast), '404')
  clock.pass(1)
  t.equal(names(await playlist(owncast)).length, 1)
  t.equal(await status(owncast, '/hls/stream.m3u8'), 200)
  clock.pass(5999)
  t.equal(await isOnline(owncast), false)
  clock.pass(1)
  t.equal(await isOnline(owncast), true)
  t.equal(names(await playlist(owncast)).length, 3)
})

test('the end of a stream: the offline clip is appended at once, and what was listed stays', async (t) => {
  const { owncast, clock } = await start(t, { startupGap: 0, onlineDelay: 0 })
  const before = names(await playlist(owncast))
  t.equal(await isOnline(owncast), true)
  owncast.goOffline()
  t.equal(await isOnline(owncast), false)
  clock.pass(60_000)
  const text = await playlist(owncast)
  t.same(names(text), before)
  t.ok(text.endsWith('#EXT-X-DISCONTINUITY\n#EXTINF:8.000000,\noffline.ts\n#EXT-X-ENDLIST\n'))
  for (const name of [...before, 'offline.ts']) t.equal(await status(owncast, `/hls/0/${name}`), 200)
})

test('five minutes after the end only the offline clip is left', async (t) => {
  const { owncast, clock } = await start(t, { startupGap: 0, offlineGap: 1000 })
  const [name] = names(await playlist(owncast))
  owncast.goOffline()
  clock.pass(299_999)
  t.match(await playlist(owncast), /\noffline\.ts\n/)
  clock.pass(1)
  t.equal(await playlist(owncast), '404')
  clock.pass(1000)
  t.match(await playlist(owncast), /EVENT/)
  t.equal(await status(owncast, `/hls/0/${name}`), 404)
})

test('the wipe can be had at once, but not while live', async (t) => {
  const { owncast } = await start(t, { startupGap: 0 })
  owncast.wipe()
  t.notMatch(await playlist(owncast), /ENDLIST/)
  owncast.goOffline()
  owncast.wipe()
  t.match(await playlist(owncast), /EVENT/)
})

test('a stream that ends before its first segment leaves only the offline clip', async (t) => {
  const { owncast } = await start(t)
  owncast.goOffline()
  t.match(await playlist(owncast), /EVENT/)
})

test('a restart: a new name for every segment, from media sequence 0, and the old ones are gone', async (t) => {
  const { owncast, clock } = await start(t, { startupGap: 0 })
  clock.pass(30_000)
  const before = await playlist(owncast)
  t.match(before, /#EXT-X-MEDIA-SEQUENCE:10\n/)
  owncast.restart()
  const after = await playlist(owncast)
  t.match(after, /#EXT-X-MEDIA-SEQUENCE:0\n/)
  t.same(
    names(after).filter((name) => names(before).includes(name)),
    []
  )
  const id = /^stream-([A-Za-z0-9_-]{9})-0\.ts$/
  t.match(names(after)[0], id)
  t.equal(await status(owncast, `/hls/0/${names(before)[9]}`), 404)
})

test('each minute all but the newest segments are deleted: as many as are listed, and ten', async (t) => {
  const { owncast, clock } = await start(t, { startupGap: 0 })
  const id = names(await playlist(owncast))[0]!.slice(0, -'-0.ts'.length)
  const segment = (sequence: number) => status(owncast, `/hls/0/${id}-${sequence}.ts`)
  clock.pass(59_999)
  t.equal(await segment(0), 200, 'long out of the playlist, but there')
  clock.pass(1)
  // 30 segments are complete: 10 at the start and 20 in a minute.
  t.same([await segment(9), await segment(10), await segment(29), await segment(30)], [404, 200, 200, 404])
  clock.pass(3000)
  t.equal(await segment(10), 200, 'until the next cleanup')
})

test('how many segments a cleanup leaves can be set', async (t) => {
  const { owncast, clock } = await start(t, { startupGap: 0, keepSegments: 10 })
  const id = names(await playlist(owncast))[0]!.slice(0, -'-0.ts'.length)
  clock.pass(60_000)
  t.equal(await status(owncast, `/hls/0/${id}-19.ts`), 404)
  t.equal(await status(owncast, `/hls/0/${id}-20.ts`), 200)
})
