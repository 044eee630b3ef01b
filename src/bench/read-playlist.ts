import type { MediaPlaylist, Segment } from './player.ts'

/** Either kind of playlist (RFC 8216 §2), with its URIs resolved against its own address. */
export type Playlist =
  | { readonly kind: 'media'; readonly playlist: MediaPlaylist }
  | { readonly kind: 'multivariant'; readonly variants: readonly string[] }

/**
 * Reads what a player acts on and skips the rest, as RFC 8216 §6.3.1 asks of clients. Segments without a date of their
 * own get one from the segment before (§4.3.2.6).
 * @returns undefined for what is no playlist
 */
export function readPlaylist(text: string, base: URL): Playlist | undefined {
  const lines = text.split(/\r?\n/)
  if (!lines[0]?.startsWith('#EXTM3U')) return undefined
  const uris = (): string[] =>
    lines.filter((line) => line !== '' && !line.startsWith('#')).map((uri) => resolve(uri, base))
  if (lines.some((line) => line.startsWith('#EXT-X-STREAM-INF:')))
    return { kind: 'multivariant', variants: uris() }
  return { kind: 'media', playlist: readMedia(lines, base) }
}

function readMedia(lines: readonly string[], base: URL): MediaPlaylist {
  return {
    targetDuration: Number(tagged(lines, '#EXT-X-TARGETDURATION:') ?? 1),
    mediaSequence: Number(tagged(lines, '#EXT-X-MEDIA-SEQUENCE:') ?? 0),
    segments: readSegments(lines, base),
    ended: lines.includes('#EXT-X-ENDLIST')
  }
}

function readSegments(lines: readonly string[], base: URL): Segment[] {
  const segments: Segment[] = []
  let duration = 0
  let date: number | undefined
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) duration = Number.parseFloat(line.slice('#EXTINF:'.length))
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:'))
      date = readDate(line.slice('#EXT-X-PROGRAM-DATE-TIME:'.length))
    else if (line !== '' && !line.startsWith('#')) {
      segments.push({ uri: resolve(line, base), duration, programDateTime: date })
      if (date !== undefined) date += duration * 1000
    }
  }
  return segments
}

function tagged(lines: readonly string[], tag: string): string | undefined {
  return lines.find((line) => line.startsWith(tag))?.slice(tag.length)
}

/** ffmpeg writes the zone as +0000, which Date does not read. */
function readDate(text: string): number | undefined {
  const date = Date.parse(text.trim().replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(date) ? undefined : date
}

function resolve(uri: string, base: URL): string {
  return new URL(uri.trim(), base).href
}
