import type { Seconds } from '../cache.ts'
import { type Attributes, attributesOf, nameAndValue, numberOf } from './attributes.ts'
import { type Part, type PreloadHint, readSegments, type Segment } from './segments.ts'

/** rfc8216bis §4.4.3.8 */
export interface ServerControl {
  readonly canBlockReload: boolean
  readonly holdBack: Seconds | undefined
  readonly partHoldBack: Seconds | undefined
  readonly canSkipUntil: Seconds | undefined
}

export interface MediaPlaylist {
  readonly kind: 'media'
  readonly targetDuration: Seconds
  readonly mediaSequence: number
  readonly discontinuitySequence: number
  readonly segments: readonly Segment[]
  /** Nothing will be added any more (EXT-X-ENDLIST). */
  readonly ended: boolean
  readonly playlistType: 'EVENT' | 'VOD' | undefined
  /** Undefined where the playlist is not a low-latency one. */
  readonly partTarget: Seconds | undefined
  readonly parts: readonly Part[]
  readonly preloadHints: readonly PreloadHint[]
  readonly serverControl: ServerControl
  /** How many segments a delta update leaves out at the start (rfc8216bis §4.4.5.2). */
  readonly skipped: number
}

/** Reads the lines of a media playlist; what it does not know or cannot read is passed over. */
export function readMediaPlaylist(lines: readonly string[]): MediaPlaylist {
  const head = headOf(lines)
  const mediaSequence = numberOf(head.get('#EXT-X-MEDIA-SEQUENCE')) ?? 0
  const skipped = numberOf(attributesOf(head.get('#EXT-X-SKIP') ?? '').get('SKIPPED-SEGMENTS')) ?? 0
  const { segments, parts, preloadHints } = readSegments(lines, mediaSequence + skipped)
  return {
    kind: 'media',
    targetDuration: numberOf(head.get('#EXT-X-TARGETDURATION')) ?? longestOf(segments),
    mediaSequence,
    discontinuitySequence: numberOf(head.get('#EXT-X-DISCONTINUITY-SEQUENCE')) ?? 0,
    segments,
    ended: head.has('#EXT-X-ENDLIST'),
    playlistType: playlistTypeOf(head.get('#EXT-X-PLAYLIST-TYPE')),
    partTarget: numberOf(attributesOf(head.get('#EXT-X-PART-INF') ?? '').get('PART-TARGET')),
    parts,
    preloadHints,
    serverControl: serverControlOf(attributesOf(head.get('#EXT-X-SERVER-CONTROL') ?? '')),
    skipped
  }
}

/** The last value of every tag by its name: what is said of the playlist as a whole is said once (RFC 8216 §4.3.3). */
function headOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(lines.filter((line) => line.startsWith('#EXT-X-')).map(nameAndValue))
}

function serverControlOf(attributes: Attributes): ServerControl {
  return {
    canBlockReload: attributes.get('CAN-BLOCK-RELOAD') === 'YES',
    holdBack: numberOf(attributes.get('HOLD-BACK')),
    partHoldBack: numberOf(attributes.get('PART-HOLD-BACK')),
    canSkipUntil: numberOf(attributes.get('CAN-SKIP-UNTIL'))
  }
}

function playlistTypeOf(value: string | undefined): MediaPlaylist['playlistType'] {
  return value === 'EVENT' || value === 'VOD' ? value : undefined
}

/** Stands in for a missing target duration: the longest segment, rounded as RFC 8216 §4.3.3.1 says. */
function longestOf(segments: readonly Segment[]): Seconds {
  return segments.reduce((longest, segment) => Math.max(longest, Math.round(segment.duration)), 0)
}
