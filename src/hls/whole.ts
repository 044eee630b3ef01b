import type { Bytes } from '../cache.ts'

/** A line that is nothing without the URI in the line after it. */
const awaitsUri = /^#(?:EXTINF|EXT-X-STREAM-INF|EXT-X-BYTERANGE):/

/**
 * Whether a playlist is complete as far as one can see: Owncast truncates and rewrites its files in place, so that a
 * body may be empty or end anywhere although its length is right (owncast.md §3.5). It has to begin with #EXTM3U, to list
 * something, and to end with a whole line that leaves nothing open.
 */
export function isWholePlaylist(text: string): boolean {
  if (!/^#EXTM3U\s/.test(text)) return false
  const lines = text.trimEnd().split('\n')
  const last = lines.at(-1)!.trim()
  if (!text.endsWith('\n') && last !== '#EXT-X-ENDLIST') return false
  return !awaitsUri.test(last) && lines.some(listsMedia)
}

function listsMedia(line: string): boolean {
  return (
    (!line.startsWith('#') && line.trim() !== '') ||
    line.startsWith('#EXT-X-PART:') ||
    line.startsWith('#EXT-X-SKIP:')
  )
}

const packetLength: Bytes = 188
const syncByte = 0x47

/**
 * What is wrong with an MPEG transport stream, or undefined for a sound one: it is made of packets of 188 bytes that each
 * begin with 0x47 (ISO/IEC 13818-1 §2.4.3.2). Takes the body in whatever pieces it is kept; 10 µs per MB.
 */
export function transportStreamFault(pieces: readonly Uint8Array[]): string | undefined {
  let length: Bytes = 0
  /** Where in the piece the next packet begins. */
  let next: Bytes = 0
  for (const piece of pieces) {
    for (; next < piece.length; next += packetLength) {
      if (piece[next] !== syncByte) return `no packet at byte ${length + next}`
    }
    next -= piece.length
    length += piece.length
  }
  if (length === 0) return 'empty'
  return next === 0 ? undefined : `cut off within a packet at byte ${length}`
}
