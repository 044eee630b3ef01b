import type { MediaPlaylist } from './media-playlist.ts'
import type { Segment } from './segments.ts'

/**
 * The segments that `after` lists and `before` did not, in order: by name and not by number, because after a restart of
 * Owncast the numbers begin again and the names do not (owncast.md §3.1). Gaps, which are not to be had, are left out.
 */
export function newSegments(before: MediaPlaylist | undefined, after: MediaPlaylist): Segment[] {
  const known = new Set(before?.segments.map(nameOf))
  return after.segments.filter((segment) => !segment.gap && !known.has(nameOf(segment)))
}

/**
 * Whether another stream has begun between the two: nothing that was listed is listed any more, and either the numbers
 * do not go on where they were, or the one before had ended for good (RFC 8216 §4.3.3.4).
 */
export function isRestart(before: MediaPlaylist, after: MediaPlaylist): boolean {
  if (before.segments.length === 0 || after.segments.length === 0) return false
  if (sharesSegments(before, after)) return false
  return before.ended || after.mediaSequence <= before.segments.at(-1)!.sequence
}

/**
 * Whether `after` is an earlier state of the same stream than `before`, as a slower cache or another origin behind us may
 * give it: players take offence at a playlist that goes back (RFC 8216 §6.2.2).
 */
export function isOlder(before: MediaPlaylist, after: MediaPlaylist): boolean {
  if (!sharesSegments(before, after)) return false
  const further = edgeOf(after) - edgeOf(before)
  return further < 0 || (further === 0 && partsOfNext(after) < partsOfNext(before))
}

function sharesSegments(before: MediaPlaylist, after: MediaPlaylist): boolean {
  const known = new Set(before.segments.map(nameOf))
  return after.segments.some((segment) => known.has(nameOf(segment)))
}

function nameOf(segment: Segment): string {
  return segment.byteRange === undefined ? segment.uri : `${segment.uri} ${segment.byteRange.offset}`
}

/** How many parts there are of the segment that comes next. */
function partsOfNext(playlist: MediaPlaylist): number {
  const next = edgeOf(playlist)
  return playlist.parts.filter(({ sequence }) => sequence === next).length
}

/** The media sequence number that comes next. */
function edgeOf(playlist: MediaPlaylist): number {
  return playlist.mediaSequence + playlist.skipped + playlist.segments.length
}
