import * as HLS from 'hls-parser'
import { type Test, test } from 'tap'
import { type Owncast, type OwncastOptions, startOwncast } from '../../src/demo/owncast.ts'
import { LATENCY_LEVELS, type LatencyLevel } from '../../src/demo/stream.ts'
import { ask } from '../fixtures/client.ts'
import { ManualClock } from '../fixtures/manual-clock.ts'

async function start(t: Test, options: OwncastOptions): Promise<Owncast> {
  const owncast = await startOwncast(options)
  t.teardown(() => owncast.close())
  return owncast
}

async function readPlaylist(owncast: Owncast, variant = 0): Promise<HLS.types.MediaPlaylist> {
  const { body } = await ask(owncast.address, `/hls/${variant}/stream.m3u8`)
  return HLS.parse(body.toString()) as HLS.types.MediaPlaylist
}

for (const [index, { segment, listSize }] of LATENCY_LEVELS.entries()) {
  test(`latency level ${index}: ${listSize} segments of ${segment / 1000} s, for minutes on end`, async (t) => {
    const clock = new ManualClock()
    const owncast = await start(t, { clock, startupGap: 0, latencyLevel: index as LatencyLevel })
    /** media sequence number → the discontinuities before it, as the first playlist told that listed it */
    const discontinuities = new Map<number, number>()
    for (let past = 0; past <= 180_000; past += segment) {
      const { segments, ...head } = await readPlaylist(owncast)
      t.match(head, { targetDuration: segment / 1000, independentSegments: true, endlist: false })
      t.same(
        segments.map(({ duration }) => duration),
        Array(listSize).fill(segment / 1000)
      )
      const miscounted = segments.filter(({ mediaSequenceNumber, discontinuitySequence }) => {
        const known = discontinuities.get(mediaSequenceNumber) ?? discontinuitySequence
        discontinuities.set(mediaSequenceNumber, known)
        return known !== discontinuitySequence
      })
      t.same(miscounted, [], 'every reload counts the discontinuities alike')
      clock.pass(segment)
    }
    const loop = 60_000 / segment
    t.equal(discontinuities.get(loop - 1), 0, 'none in the first minute')
    t.equal(discontinuities.get(loop), 1, 'one where the clip begins again')
    t.equal(discontinuities.get(2 * loop), 2)
  })
}

test('the times of the segments follow each other, and end now', async (t) => {
  const clock = new ManualClock()
  const owncast = await start(t, { clock, startupGap: 0 })
  const { segments } = await readPlaylist(owncast)
  const times = segments.map(({ programDateTime }) => programDateTime!.getTime())
  const expected = segments.map((_, index) => clock.now() - (segments.length - index) * 3000)
  t.same(times, expected)
})

test('everything that a playlist lists is there, whole packets of MPEG-TS, no two the same', async (t) => {
  const owncast = await start(t, { startupGap: 0, segmentBytes: 100_000 })
  const bodies = new Set<string>()
  for (const variant of [0, 1]) {
    const { segments } = await readPlaylist(owncast, variant)
    for (const { uri } of segments) {
      const { status, body } = await ask(owncast.address, `/hls/${variant}/${uri}`)
      t.equal(status, 200)
      t.equal(body.length % 188, 0)
      t.ok(body.length > 100_000 - 188 && body.length <= 100_000, 'padded to the size asked for')
      const outOfStep = Array.from({ length: body.length / 188 }, (_, index) => body[index * 188]).filter(
        (byte) => byte !== 0x47
      )
      t.same(outOfStep, [])
      bodies.add(body.toString('latin1'))
    }
  }
  t.equal(bodies.size, 20)
})

test('the multivariant playlist names two variants, relative or at the serving endpoint', async (t) => {
  const read = async (owncast: Owncast) => {
    const { body } = await ask(owncast.address, '/hls/stream.m3u8')
    return (HLS.parse(body.toString()) as HLS.types.MasterPlaylist).variants
  }
  const relative = await read(await start(t, { startupGap: 0 }))
  t.match(relative, [
    { uri: '0/stream.m3u8', resolution: { width: 640, height: 360 }, codecs: 'avc1.4d401f,mp4a.40.2' },
    { uri: '1/stream.m3u8', resolution: { width: 320, height: 180 } }
  ])
  const absolute = await read(await start(t, { startupGap: 0, servingEndpoint: 'https://edge.example' }))
  t.equal(absolute[1]!.uri, 'https://edge.example/hls/1/stream.m3u8')
})

test('the bandwidth of a variant is not less than that of any of its segments', async (t) => {
  const owncast = await start(t, { startupGap: 0, segmentBytes: 500_000 })
  const { body } = await ask(owncast.address, '/hls/stream.m3u8')
  const { variants } = HLS.parse(body.toString()) as HLS.types.MasterPlaylist
  for (const { bandwidth } of variants) t.ok(bandwidth >= (500_000 * 8) / 3)
})
