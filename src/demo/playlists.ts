import type { Milliseconds, Seconds } from '../cache.ts'
import type { Span, Stream } from './stream.ts'

/** How long the clip of an offline Owncast is cut while it stands alone: latency level 4. */
export const OFFLINE_SEGMENT: Seconds = 5

export interface VariantLine {
  readonly resolution: string
  readonly codecs: string
  /** Bits per second. */
  readonly bandwidth: number
}

/** `/hls/stream.m3u8`: what core/playlist/writer.go leaves of FFmpeg's multivariant playlist. */
export function writeMultivariant(variants: readonly VariantLine[], endpoint: string): string {
  const prefix = endpoint === '' ? '' : `${endpoint}/hls/`
  const lines = variants.flatMap(({ resolution, codecs, bandwidth }, index) => [
    `#EXT-X-STREAM-INF:PROGRAM-ID=0,BANDWIDTH=${bandwidth},CODECS="${codecs}",RESOLUTION=${resolution}`,
    `${prefix}${index}/stream.m3u8`
  ])
  return join(['#EXTM3U', '#EXT-X-VERSION:6', ...lines])
}

export function segmentName(stream: Stream, sequence: number): string {
  return `stream-${stream.id}-${sequence}.ts`
}

/** The media playlist of a running stream. The clip has `loop` segments and begins again, with a discontinuity, after them. */
export function writeLive(stream: Stream, { first, end }: Span, loop: number): string {
  return join([...head(stream, first, loop), ...segments(stream, { first, end }, loop)])
}

/** What a media playlist becomes at the end of its stream: the offline clip is appended (core/offlineState.go). */
export function appendOffline(playlist: string, length: Seconds): string {
  const clip = ['#EXT-X-DISCONTINUITY', `#EXTINF:${seconds(length * 1000)},`, 'offline.ts', '#EXT-X-ENDLIST']
  return playlist + join(clip)
}

/** The media playlist of an Owncast where nobody streams, `length` seconds of the offline clip. */
export function writeOffline(length: Seconds, madeAt: Milliseconds): string {
  const lines: string[] = []
  for (let at = 0; at < length; at += OFFLINE_SEGMENT) {
    const duration = Math.min(OFFLINE_SEGMENT, length - at)
    lines.push(...segment(offlineName(at / OFFLINE_SEGMENT), duration * 1000, madeAt + at * 1000))
  }
  return join([
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${OFFLINE_SEGMENT}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:EVENT',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...lines,
    '#EXT-X-ENDLIST'
  ])
}

export function offlineName(sequence: number): string {
  return `stream-offline-${sequence}.ts`
}

function head(stream: Stream, first: number, loop: number): string[] {
  // A discontinuity counts once its tag has left the playlist (RFC 8216 §6.2.2).
  const discontinuities = first === 0 ? 0 : Math.ceil(first / loop) - 1
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    `#EXT-X-TARGETDURATION:${stream.segment / 1000}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    ...(discontinuities > 0 ? [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`] : []),
    '#EXT-X-INDEPENDENT-SEGMENTS'
  ]
}

function segments(stream: Stream, { first, end }: Span, loop: number): string[] {
  const lines: string[] = []
  for (let sequence = first; sequence < end; sequence++) {
    if (sequence > 0 && sequence % loop === 0) lines.push('#EXT-X-DISCONTINUITY')
    lines.push(...segment(segmentName(stream, sequence), stream.segment, stream.startedAt(sequence)))
  }
  return lines
}

function segment(name: string, duration: Milliseconds, startedAt: Milliseconds): string[] {
  const programTime = new Date(startedAt).toISOString().replace('Z', '+0000')
  return [`#EXTINF:${seconds(duration)},`, `#EXT-X-PROGRAM-DATE-TIME:${programTime}`, name]
}

function seconds(duration: Milliseconds): string {
  return (duration / 1000).toFixed(6)
}

function join(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
