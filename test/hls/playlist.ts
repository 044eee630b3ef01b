import fc from 'fast-check'
import { test } from 'tap'
import type { MediaPlaylist } from '../../src/hls/media-playlist.ts'
import type { MultivariantPlaylist } from '../../src/hls/multivariant-playlist.ts'
import { readPlaylist } from '../../src/hls/playlist.ts'

const media = (text: string) => readPlaylist(text) as MediaPlaylist
const lines = (...all: string[]) => `${all.join('\n')}\n`

const live = lines(
  '#EXTM3U',
  '#EXT-X-VERSION:6',
  '#EXT-X-TARGETDURATION:4',
  '#EXT-X-MEDIA-SEQUENCE:1003',
  '#EXT-X-INDEPENDENT-SEGMENTS',
  '#EXTINF:3.000000,',
  '#EXT-X-PROGRAM-DATE-TIME:2024-05-04T12:00:03.250+0000',
  'stream-QvAY7ybVg-1003.ts',
  '#EXTINF:4.1,a title',
  '#EXT-X-PROGRAM-DATE-TIME:2024-05-04T12:00:06.250+0000',
  'stream-QvAY7ybVg-1004.ts'
)

test('the live playlist that ffmpeg writes for Owncast is read', async (t) => {
  t.match(readPlaylist(live), {
    kind: 'media',
    targetDuration: 4,
    mediaSequence: 1003,
    discontinuitySequence: 0,
    ended: false,
    playlistType: undefined,
    partTarget: undefined,
    segments: [
      {
        uri: 'stream-QvAY7ybVg-1003.ts',
        duration: 3,
        sequence: 1003,
        discontinuity: false,
        programDateTime: Date.UTC(2024, 4, 4, 12, 0, 3, 250)
      },
      { uri: 'stream-QvAY7ybVg-1004.ts', duration: 4.1, sequence: 1004 }
    ]
  })
})

test('what Owncast appends at the end of a stream is read', async (t) => {
  const ended = media(
    live + lines('#EXT-X-DISCONTINUITY', '#EXTINF:8.000000,', 'offline.ts', '#EXT-X-ENDLIST')
  )
  t.equal(ended.ended, true)
  t.match(ended.segments[2], { uri: 'offline.ts', duration: 8, sequence: 1005, discontinuity: true })
})

test('line ends of any kind are read alike', async (t) => {
  t.same(readPlaylist(live.replaceAll('\n', '\r\n')), readPlaylist(live))
})

test('an fMP4 playlist with byte ranges tells what to fetch', async (t) => {
  const playlist = media(
    lines(
      '#EXTM3U',
      '#EXT-X-PLAYLIST-TYPE:EVENT',
      '#EXT-X-DISCONTINUITY-SEQUENCE:2',
      '#EXT-X-MAP:URI="init.mp4",BYTERANGE="700@20"',
      '#EXTINF:2,',
      '#EXT-X-BYTERANGE:100@1000',
      'all.m4s',
      '#EXTINF:2,',
      '#EXT-X-BYTERANGE:50',
      'all.m4s',
      '#EXT-X-MAP:URI="init2.mp4"',
      '#EXT-X-GAP',
      '#EXTINF:1.6,',
      'x.m4s'
    )
  )
  const init = { uri: 'init.mp4', byteRange: { offset: 20, length: 700 } }
  t.match(playlist, { playlistType: 'EVENT', discontinuitySequence: 2, targetDuration: 2 })
  t.match(playlist.segments, [
    { byteRange: { offset: 1000, length: 100 }, map: init, gap: false },
    { byteRange: { offset: 1100, length: 50 }, map: init },
    { byteRange: undefined, map: { uri: 'init2.mp4', byteRange: undefined }, gap: true }
  ])
})

test('a low-latency playlist tells its parts, its hints and what the server can do', async (t) => {
  const playlist = media(
    lines(
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-PART-INF:PART-TARGET=0.334',
      '#EXT-X-MEDIA-SEQUENCE:266',
      '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24.0,HOLD-BACK=12',
      '#EXT-X-SKIP:SKIPPED-SEGMENTS=3',
      '#EXTINF:4,',
      'f269.mp4',
      '#EXT-X-PART:DURATION=0.33334,URI="f270.1.mp4",INDEPENDENT=YES',
      '#EXT-X-PART:DURATION=0.33334,URI="f270.2.mp4",BYTERANGE="20@10"',
      '#EXT-X-PART:DURATION=0.33334,URI="f270.2.mp4",BYTERANGE="30",GAP=YES',
      '#EXTINF:4,',
      'f270.mp4',
      '#EXT-X-PART:DURATION=0.33334,URI="f271.1.mp4"',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="f271.2.mp4",BYTERANGE-START=7',
      '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="init.mp4",BYTERANGE-START=0,BYTERANGE-LENGTH=9'
    )
  )
  t.equal(playlist.partTarget, 0.334)
  t.equal(playlist.skipped, 3)
  t.same(playlist.serverControl, { canBlockReload: true, holdBack: 12, partHoldBack: 1, canSkipUntil: 24 })
  t.same(
    playlist.segments.map((segment) => segment.sequence),
    [269, 270]
  )
  t.match(playlist.parts, [
    { uri: 'f270.1.mp4', sequence: 270, index: 0, independent: true, duration: 0.33334, gap: false },
    { sequence: 270, index: 1, independent: false, byteRange: { offset: 10, length: 20 } },
    { sequence: 270, index: 2, byteRange: { offset: 30, length: 30 }, gap: true },
    { uri: 'f271.1.mp4', sequence: 271, index: 0 }
  ])
  t.same(playlist.preloadHints, [
    { type: 'PART', uri: 'f271.2.mp4', start: 7, length: undefined },
    { type: 'MAP', uri: 'init.mp4', start: 0, length: 9 }
  ])
})

test('a multivariant playlist tells its variants and the renditions with a playlist of their own', async (t) => {
  const playlist = readPlaylist(
    lines(
      '#EXTM3U',
      '#EXT-X-VERSION:6',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English, please",LANGUAGE="en",URI="audio/en.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Inside"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1540000,AVERAGE-BANDWIDTH=1400000,RESOLUTION=1280x720,FRAME-RATE=24.000,CODECS="avc1.64001f,mp4a.40.2"',
      '0/stream.m3u8',
      '',
      '#EXT-X-STREAM-INF:BANDWIDTH=800000',
      '# a comment',
      'https://edge.example/hls/1/stream.m3u8',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI="iframes.m3u8"'
    )
  ) as MultivariantPlaylist
  t.same(playlist, {
    kind: 'multivariant',
    variants: [
      {
        uri: '0/stream.m3u8',
        bandwidth: 1540000,
        averageBandwidth: 1400000,
        codecs: 'avc1.64001f,mp4a.40.2',
        resolution: { width: 1280, height: 720 },
        frameRate: 24
      },
      {
        uri: 'https://edge.example/hls/1/stream.m3u8',
        bandwidth: 800000,
        averageBandwidth: undefined,
        codecs: undefined,
        resolution: undefined,
        frameRate: undefined
      }
    ],
    iFrameVariants: [
      {
        uri: 'iframes.m3u8',
        bandwidth: 90000,
        averageBandwidth: undefined,
        codecs: undefined,
        resolution: undefined,
        frameRate: undefined
      }
    ],
    renditions: [
      { type: 'AUDIO', groupId: 'a', name: 'English, please', language: 'en', uri: 'audio/en.m3u8' }
    ]
  })
})

test('what is no playlist is none', async (t) => {
  for (const text of [
    '',
    '#EXTM3U',
    '#EXTM3U\n',
    '<html>',
    ' #EXTM3U\n#EXTINF:1,\na\n',
    '#EXTM3U8\n#EXTINF:1,\na\n',
    '404'
  ])
    t.equal(readPlaylist(text), undefined, JSON.stringify(text))
})

test('numbers that are none leave what would be without them', async (t) => {
  const playlist = media(
    lines(
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:x',
      '#EXT-X-MEDIA-SEQUENCE:-4',
      '#EXTINF:abc,',
      'a',
      '#EXTINF:2.5,',
      'b'
    )
  )
  t.match(playlist, { targetDuration: 3, mediaSequence: 0 })
  t.same(
    playlist.segments.map(({ duration }) => duration),
    [0, 2.5]
  )
})

test('cut off or shuffled, a playlist is never more than it was and never makes the reader fail', async (t) => {
  const pieces = fc.shuffledSubarray(live.split('\n'))
  fc.assert(
    fc.property(pieces, fc.nat({ max: live.length }), (shuffled, length) => {
      readPlaylist(`#EXTM3U\n${shuffled.join('\n')}`)
      const cut = readPlaylist(live.slice(0, length))
      return cut === undefined || (cut as MediaPlaylist).segments.length <= 2
    })
  )
  t.pass()
})
