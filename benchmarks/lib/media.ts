import type { Bytes, Milliseconds } from '../../src/cache.ts'

const packet: Bytes = 188

/** As near to a size as whole MPEG-TS packets come: each of 188 bytes, beginning with 0x47. */
export function makeSegment(size: Bytes): Buffer {
  const segment = Buffer.alloc(Math.max(1, Math.round(size / packet)) * packet, 0x5a)
  for (let at = 0; at < segment.length; at += packet)
    segment.writeUInt32BE(0x47000010 | ((at / packet) & 0x0f), at)
  return segment
}

/** As Owncast's default latency level has it: ten segments of three seconds (owncast.md §3.2). */
const segmentLength: Milliseconds = 3000
const listSize = 10

/** A live media playlist as ffmpeg writes it for Owncast, which follows from the time alone; 1 to 2 KB. */
export function makePlaylist(id: string, now: Milliseconds): string {
  const first = Math.floor(now / segmentLength) - listSize
  const head = [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-TARGETDURATION:3',
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    '#EXT-X-INDEPENDENT-SEGMENTS'
  ]
  const entries = Array.from({ length: listSize }, (_, index) => {
    const date = new Date((first + index) * segmentLength).toISOString().replace('Z', '+0000')
    return ['#EXTINF:3.000000,', `#EXT-X-PROGRAM-DATE-TIME:${date}`, `stream-${id}-${first + index}.ts`]
  })
  return `${[...head, ...entries.flat()].join('\n')}\n`
}

export const multivariantPlaylist =
  '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH=2800000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2"\n0/stream.m3u8\n'
