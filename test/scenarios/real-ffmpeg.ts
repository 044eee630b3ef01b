import { test } from 'tap'
import { startOwncast } from '../../src/demo/owncast.ts'
import { edgeBefore } from '../fixtures/edge.ts'
import { produceLiveHls, watch, withoutFfmpeg } from '../fixtures/ffmpeg.ts'

test('FFmpeg plays 20 s of what FFmpeg produces live, through the edge, without a complaint', {
  skip: withoutFfmpeg ?? false
}, async (t) => {
  const folder = t.testdir({})
  await produceLiveHls(t, folder)
  const owncast = await startOwncast({
    source: { kind: 'folder', path: folder },
    latencyLevel: 1,
    startupGap: 0,
    onlineDelay: 0
  })
  t.teardown(() => owncast.close())
  const edge = await edgeBefore(t, owncast)
  // The origin is read at the same time: what FFmpeg says of that is not about the edge.
  const [direct, through, alongside] = await Promise.all([
    watch(`${owncast.address}/hls/stream.m3u8`, 20),
    watch(`${edge.address}/hls/stream.m3u8`, 20),
    watch(`${edge.address}/hls/0/stream.m3u8`, 20)
  ])
  for (const watched of [through, alongside]) {
    t.equal(watched.exitCode, 0)
    t.same(
      watched.complaints.filter((line) => !direct.complaints.includes(line)),
      []
    )
    t.ok(watched.frames >= 490, `${watched.frames} frames`)
  }
  t.equal(edge.read().fillsBroken, 0)
  const byEdge = owncast.requests.matching(/\.ts$/).length
  const names = new Set(owncast.requests.matching(/\.ts$/).map(({ target }) => target)).size
  t.ok(
    byEdge <= 2 * names,
    `${byEdge} requests for ${names} segments: one by the direct player, one by the edge`
  )
})
