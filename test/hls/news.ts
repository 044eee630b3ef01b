import { test } from 'tap'
import type { MediaPlaylist } from '../../src/hls/media-playlist.ts'
import { isOlder, isRestart, newSegments } from '../../src/hls/news.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'

function playlist(sequence: number, uris: readonly string[], end = ''): MediaPlaylist {
  const listed = uris.map((uri) => `#EXTINF:3,\n${uri}\n`).join('')
  return readPlaylist(
    `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n${listed}${end}`
  ) as MediaPlaylist
}
const names = (before: MediaPlaylist | undefined, after: MediaPlaylist) =>
  newSegments(before, after).map(({ uri }) => uri)

test('what was not listed before is new, in order', async (t) => {
  t.same(names(undefined, playlist(5, ['a', 'b'])), ['a', 'b'])
  t.same(names(playlist(5, ['a', 'b']), playlist(6, ['b', 'c', 'd'])), ['c', 'd'])
  t.same(names(playlist(5, ['a', 'b']), playlist(5, ['a', 'b'])), [])
})

test('after a restart everything is new although the numbers are old', async (t) => {
  t.same(names(playlist(5, ['a', 'b']), playlist(5, ['x', 'y'])), ['x', 'y'])
})

test('ranges of one file are segments of their own, and gaps are not to be had', async (t) => {
  const one = playlist(0, ['#EXT-X-BYTERANGE:5@0\nall'])
  const two = playlist(0, ['#EXT-X-BYTERANGE:5@0\nall', '#EXT-X-BYTERANGE:5@5\nall', '#EXT-X-GAP\ngone'])
  t.same(
    newSegments(one, two).map(({ byteRange }) => byteRange?.offset),
    [5]
  )
})

test('a stream that begins again is told from one that goes on', async (t) => {
  const before = playlist(100, ['a', 'b', 'c'])
  t.equal(isRestart(before, playlist(101, ['b', 'c', 'd'])), false, 'goes on')
  t.equal(isRestart(before, playlist(100, ['a', 'b', 'c', 'offline.ts'], '#EXT-X-ENDLIST\n')), false, 'ends')
  t.equal(isRestart(before, playlist(103, ['d', 'e'])), false, 'a whole window missed')
  t.equal(isRestart(before, playlist(0, ['x'])), true, 'numbers begin again')
  t.equal(isRestart(before, playlist(101, ['x', 'y'])), true, 'other names under the same numbers')
  t.equal(isRestart(playlist(0, ['a']), playlist(0, ['x'])), true, 'restarted after one segment')
  t.equal(
    isRestart(playlist(0, ['a'], '#EXT-X-ENDLIST\n'), playlist(9, ['x'])),
    true,
    'goes on after its end'
  )
  t.equal(isRestart(playlist(0, []), playlist(0, ['x'])), false, 'nothing before')
})

test('an earlier state of the same stream is told from a restart', async (t) => {
  const before = playlist(100, ['a', 'b', 'c'])
  const earlier = playlist(99, ['z', 'a', 'b'])
  t.equal(isOlder(before, earlier), true)
  t.equal(isRestart(before, earlier), false)
  t.equal(isOlder(before, before), false)
  t.equal(isOlder(before, playlist(101, ['b', 'c', 'd'])), false)
  t.equal(isOlder(before, playlist(0, ['x'])), false)
  const parts = (count: number): string =>
    Array.from({ length: count }, (_, i) => `#EXT-X-PART:DURATION=1,URI="d${i}"\n`).join('')
  const further = playlist(100, ['a', 'b', 'c'], parts(2))
  t.equal(isOlder(further, playlist(100, ['a', 'b', 'c'], parts(1))), true, 'with fewer parts')
  t.equal(isOlder(further, playlist(101, ['b', 'c', 'd'])), false)
})
