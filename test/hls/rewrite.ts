import { test } from 'tap'
import { relativised, withPrefix } from '../../src/hls/rewrite.ts'

const path = '/hls/stream.m3u8'
const variant = (uri: string) =>
  `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,NAME="https://x.example/hls/"\n${uri}\n`

test('absolute URIs of media playlists become relative to the multivariant playlist', async (t) => {
  const table: [string, string][] = [
    ['https://edge.example/hls/0/stream.m3u8', '0/stream.m3u8'],
    ['http://edge.example:8080/hls/0/stream.m3u8?a=1', '0/stream.m3u8?a=1'],
    ['HTTPS://edge.example//hls/0/stream.m3u8', '0/stream.m3u8'],
    ['https://[2001:db8::1]/hls/0/stream.m3u8', '0/stream.m3u8'],
    ['https://edge.example/hls/a:b.m3u8', './a:b.m3u8'],
    ['https://edge.example/hls//0/s.m3u8', './/0/s.m3u8']
  ]
  for (const [uri, relative] of table) t.equal(relativised(variant(uri), path), variant(relative), uri)
})

test('what is relative already, leads elsewhere or is no URI stays to the letter', async (t) => {
  const others = [
    '0/stream.m3u8',
    '/hls/0/stream.m3u8',
    'https://bucket.example/live/0/stream.m3u8',
    'https://edge.example',
    '# https://edge.example/hls/0/stream.m3u8',
    '//edge.example/hls/0/stream.m3u8',
    'ftp://edge.example/hls/0/stream.m3u8'
  ]
  for (const uri of others) t.equal(relativised(variant(uri), path), variant(uri), uri)
})

test('URI attributes are rewritten too, and line ends are kept', async (t) => {
  t.equal(
    relativised(
      '#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI="https://e.example/hls/a/s.m3u8",NAME="x"\r\nhttps://e.example/hls/0/s.m3u8\r\n',
      path
    ),
    '#EXTM3U\r\n#EXT-X-MEDIA:TYPE=AUDIO,URI="a/s.m3u8",NAME="x"\r\n0/s.m3u8\r\n'
  )
  t.equal(
    relativised('#EXT-X-I-FRAME-STREAM-INF:URI="https://e.example/hls/i.m3u8"\n', path),
    '#EXT-X-I-FRAME-STREAM-INF:URI="i.m3u8"\n'
  )
  const interstitial = '#EXT-X-DATERANGE:X-ASSET-URI="https://e.example/hls/ad.m3u8"\n'
  t.equal(relativised(interstitial, path), interstitial)
})

test('of a list of hosts only those are ours, with any path', async (t) => {
  const relative = (uri: string) => relativised(variant(uri), path, ['edge.example'])
  t.equal(relative('https://EDGE.example/hls/0/s.m3u8'), variant('0/s.m3u8'))
  t.equal(relative('https://edge.example/other/s.m3u8'), variant('/other/s.m3u8'))
  t.equal(relative('https://other.example/hls/0/s.m3u8'), variant('https://other.example/hls/0/s.m3u8'))
})

test('URIs of the storage lead to the edge, and no others', async (t) => {
  const table: [string, string, string][] = [
    ['https://b.example', '/storage', '/storage/live/a.ts'],
    ['https://b.example/', '/storage/', '/storage/live/a.ts'],
    ['https://b.example/live', '', '/a.ts'],
    ['https://B.example/live/', '/hls', '/hls/a.ts'],
    ['https://b.example/liv', '/hls', 'https://b.example/live/a.ts'],
    ['https://b.exam', '/hls', 'https://b.example/live/a.ts'],
    ['http://b.example', '/hls', 'https://b.example/live/a.ts']
  ]
  for (const [storage, prefix, uri] of table)
    t.equal(
      withPrefix(`#EXTINF:1,\nhttps://b.example/live/a.ts\n`, storage, prefix),
      `#EXTINF:1,\n${uri}\n`,
      `${storage} ${prefix}`
    )
  t.equal(
    withPrefix('#EXT-X-MAP:URI="https://b.example/live/init.mp4"\n', 'https://b.example', '/s'),
    '#EXT-X-MAP:URI="/s/live/init.mp4"\n'
  )
})
