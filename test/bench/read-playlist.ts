import { test } from 'tap'
import { readPlaylist } from '../../src/bench/read-playlist.ts'

const base = new URL('https://live.example.com/hls/0/stream.m3u8')

test('a media playlist yields its segments with their addresses, durations and dates', async (t) => {
  const text = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-TARGETDURATION:3',
    '#EXT-X-MEDIA-SEQUENCE:1005',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXTINF:3.000000,',
    '#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.500+0000',
    'stream-QvAY7ybVg-1005.ts',
    '#EXTINF:2.500000,',
    'https://bucket.example.com/stream-QvAY7ybVg-1006.ts',
    ''
  ].join('\n')
  const date = Date.parse('2026-01-02T03:04:05.500Z')
  t.same(readPlaylist(text, base), {
    kind: 'media',
    playlist: {
      targetDuration: 3,
      mediaSequence: 1005,
      ended: false,
      segments: [
        {
          uri: 'https://live.example.com/hls/0/stream-QvAY7ybVg-1005.ts',
          duration: 3,
          programDateTime: date
        },
        {
          uri: 'https://bucket.example.com/stream-QvAY7ybVg-1006.ts',
          duration: 2.5,
          programDateTime: date + 3000
        }
      ]
    }
  })
})

test('an end and lines that end as on Windows are understood', async (t) => {
  const read = readPlaylist(
    '#EXTM3U\r\n#EXT-X-TARGETDURATION:8\r\n#EXTINF:8.0,\r\noffline.ts\r\n#EXT-X-ENDLIST\r\n',
    base
  )
  t.match(read, {
    kind: 'media',
    playlist: { targetDuration: 8, mediaSequence: 0, ended: true, segments: [{ duration: 8 }] }
  })
})

test('a multivariant playlist yields the addresses of its variants in their order', async (t) => {
  const text =
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2000000\n0/stream.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=800000\n1/stream.m3u8\n'
  t.same(readPlaylist(text, new URL('https://live.example.com/hls/stream.m3u8')), {
    kind: 'multivariant',
    variants: ['https://live.example.com/hls/0/stream.m3u8', 'https://live.example.com/hls/1/stream.m3u8']
  })
})

test('a page in place of a playlist is no playlist', async (t) => {
  t.equal(readPlaylist('<!doctype html>', base), undefined)
})
