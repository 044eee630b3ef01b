import { test } from 'tap'
import { makePlaylist, makeSegment, multivariantPlaylist } from '../../benchmarks/lib/media.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'
import { isWholePlaylist, transportStreamFault } from '../../src/hls/whole.ts'

test('a segment is made of whole transport packets and as long as asked, to half a packet', async (t) => {
  for (const size of [100_000, 1_000_000, 2_000_000]) {
    const segment = makeSegment(size)
    t.ok(Math.abs(segment.length - size) <= 94)
    t.equal(transportStreamFault([segment]), undefined)
  }
})

test('a playlist is whole, of 1 to 2 KB, and moves on with time', async (t) => {
  const now = Date.parse('2026-01-02T03:04:05Z')
  const text = makePlaylist('benchmark', now)
  t.ok(text.length > 1000 && text.length < 2000)
  t.ok(isWholePlaylist(text))
  const [before, after] = [readPlaylist(text), readPlaylist(makePlaylist('benchmark', now + 3000))]
  t.match(before, { kind: 'media', targetDuration: 3, segments: { length: 10 } })
  if (before?.kind !== 'media' || after?.kind !== 'media') return t.fail('not media playlists')
  t.equal(after.mediaSequence, before.mediaSequence + 1)
  t.same(
    after.segments.slice(0, 9).map(({ uri }) => uri),
    before.segments.slice(1).map(({ uri }) => uri)
  )
})

test('the multivariant playlist leads to it', async (t) => {
  t.match(readPlaylist(multivariantPlaylist), { kind: 'multivariant', variants: [{ uri: '0/stream.m3u8' }] })
})
