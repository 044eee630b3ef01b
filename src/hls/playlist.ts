import { type MediaPlaylist, readMediaPlaylist } from './media-playlist.ts'
import { type MultivariantPlaylist, readMultivariantPlaylist } from './multivariant-playlist.ts'

export type Playlist = MediaPlaylist | MultivariantPlaylist

const multivariantTag = /^#EXT-X-(?:STREAM-INF|I-FRAME-STREAM-INF|MEDIA):/m
const mediaTag = /^#(?:EXTINF|EXT-X-TARGETDURATION|EXT-X-PART):/m

/**
 * Reads a playlist (RFC 8216, low latency as in rfc8216bis), or gives undefined for what is none. Tolerant: it takes
 * what it knows and judges nothing; URIs stay as they are written. Whether the text is complete is for `isWholePlaylist`.
 */
export function readPlaylist(text: string): Playlist | undefined {
  if (!/^#EXTM3U\s/.test(text)) return undefined
  const lines = text.split('\n').map((line) => line.trim())
  if (multivariantTag.test(text)) return readMultivariantPlaylist(lines)
  return mediaTag.test(text) ? readMediaPlaylist(lines) : undefined
}
