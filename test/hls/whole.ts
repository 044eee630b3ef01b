import { test } from 'tap'
import { isWholePlaylist, transportStreamFault } from '../../src/hls/whole.ts'

const whole = '#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\na.ts\n#EXTINF:3.0,\nb.ts\n'

test('a playlist cut off anywhere but behind a segment is not whole', async (t) => {
  const wholeAt = [...whole].map((_, i) => i + 1).filter((length) => isWholePlaylist(whole.slice(0, length)))
  t.same(wholeAt, [whole.indexOf('a.ts\n') + 5, whole.length])
})

test('playlists of every sort are whole', async (t) => {
  const playlists = [
    whole.replaceAll('\n', '\r\n'),
    `${whole}#EXT-X-ENDLIST\n`,
    `${whole}#EXT-X-ENDLIST`,
    `${whole}\n\n`,
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n0/stream.m3u8\n',
    '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART:DURATION=1,URI="a.1.mp4"\n',
    `${whole}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="c"\n`
  ]
  for (const text of playlists) t.equal(isWholePlaylist(text), true, JSON.stringify(text))
})

test('what lists nothing or is no playlist is not whole', async (t) => {
  const others = [
    '',
    '\n',
    '#EXTM3U',
    '#EXTM3U\n',
    '#EXTM3U\n#EXT-X-ENDLIST\n',
    '<html>\n</html>\n',
    'a.ts\n',
    '\0\0\n',
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n'
  ]
  for (const text of others) t.equal(isWholePlaylist(text), false, JSON.stringify(text))
})

function stream(packets: number): Uint8Array {
  const bytes = new Uint8Array(packets * 188)
  for (let i = 0; i < bytes.length; i += 188) bytes[i] = 0x47
  return bytes
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let i = 0; i < bytes.length; i += size) pieces.push(bytes.subarray(i, i + size))
  return pieces
}

test('a sound transport stream is sound in pieces of any size', async (t) => {
  const sound = stream(40)
  for (const size of [1, 7, 187, 188, 189, 376, 1000, 99999])
    t.equal(transportStreamFault(cut(sound, size)), undefined, `${size}`)
})

test('a transport stream cut off, shifted or overwritten is found out', async (t) => {
  const sound = stream(40)
  const spoilt = sound.slice()
  spoilt[188 * 25] = 0
  for (const size of [1, 100, 188, 1000, 99999]) {
    t.equal(
      transportStreamFault(cut(sound.subarray(0, 188 * 20 + 1), size)),
      'cut off within a packet at byte 3761'
    )
    t.equal(
      transportStreamFault(cut(sound.subarray(0, 188 * 20 - 1), size)),
      'cut off within a packet at byte 3759'
    )
    t.equal(transportStreamFault(cut(sound.subarray(3), size)), 'no packet at byte 0')
    t.equal(transportStreamFault(cut(spoilt, size)), 'no packet at byte 4700')
  }
  t.equal(transportStreamFault([]), 'empty')
  t.equal(transportStreamFault([new Uint8Array(0)]), 'empty')
  t.equal(transportStreamFault([new TextEncoder().encode('<html>'.repeat(94))]), 'no packet at byte 0')
})
