import { test } from 'tap'
import type { MediaPlaylist } from '../../src/hls/media-playlist.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'
import { Listings, listingOf } from '../../src/keeper/listings.ts'
import { lowLatencyPlaylist } from '../fixtures/low-latency-stream.ts'

const listed = (text: string) =>
  listingOf(readPlaylist(text) as MediaPlaylist, (uri) => (uri.includes(':') ? undefined : `/${uri}`))

test('segments, their initialization and parts that are files are listed; what leads elsewhere is not ours', async (t) => {
  const text =
    '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:2,\na.m4s\n#EXTINF:2,\nhttps://b/c.m4s\n'
  const { listed: found, hinted, growing } = listed(text)
  t.same([...found], ['/a.m4s', '/init.mp4'])
  t.equal(hinted.size + growing.size, 0)
})

test('a hint is not listed; a segment is in the making while only ranges of it are listed', async (t) => {
  const files = listed(lowLatencyPlaylist({ segments: 3, parts: 1 }))
  t.same([...files.hinted], ['/live-3.1.m4s'])
  t.ok(files.listed.has('/live-3.0.m4s') && !files.listed.has('/live-3.1.m4s'))
  t.equal(files.growing.size, 0)
  const ranged = listed(lowLatencyPlaylist({ segments: 3, parts: 1 }, { isRanged: true }))
  t.same([...ranged.growing], ['/live-3.m4s'])
  t.same(
    [...listed(lowLatencyPlaylist({ segments: 4, parts: 0 }, { isRanged: true })).growing],
    [],
    'nothing of it yet'
  )
})

test('what any playlist lists is listed, until none of them does', async (t) => {
  const listings = new Listings()
  const keys = (...names: string[]) => ({
    listed: new Set(names),
    hinted: new Set<string>(),
    growing: new Set<string>()
  })
  listings.note('/a', keys('/1', '/2'))
  listings.note('/b', keys('/2', '/3'))
  listings.note('/a', keys('/3'))
  t.same(
    ['/1', '/2', '/3'].map((key) => listings.isListed(key)),
    [false, true, true]
  )
  listings.forget('/b')
  listings.forget('/none')
  t.same(
    ['/2', '/3'].map((key) => listings.isListed(key)),
    [false, true]
  )
})

test('made-up playlists take no memory without end: the least lately seen are forgotten', async (t) => {
  const listings = new Listings()
  for (let i = 0; i < 1500; i++)
    listings.note(`/a?${i}`, { listed: new Set([`/${i}`]), hinted: new Set(), growing: new Set() })
  t.equal(listings.isListed('/499'), false)
  t.equal(listings.isListed('/500'), true)
})
