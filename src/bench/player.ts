import type { Milliseconds, Seconds } from '../cache.ts'
import type { MediaPlaylist as ReadPlaylist } from '../hls/media-playlist.ts'
import type { Segment as ReadSegment } from '../hls/segments.ts'
import { Playback } from './playback.ts'

/** What a player needs to know of a media segment. */
export type Segment = Pick<ReadSegment, 'uri' | 'duration' | 'programDateTime'>

/** What a player needs to know of a media playlist (RFC 8216 §4.3.3). */
export interface MediaPlaylist extends Pick<ReadPlaylist, 'targetDuration' | 'mediaSequence' | 'ended'> {
  readonly segments: readonly Segment[]
}

/** As hls.js keeps it (`maxBufferLength`). */
const fullBuffer: Seconds = 30
/** A segment that did not come is asked for again after this long … */
const retryDelay: Milliseconds = 1000
/** … and given up after so many failures. */
const patience = 3

/**
 * A player without pictures: knows when to reload the media playlist (RFC 8216 §6.3.4), where to begin (§6.3.3) and
 * which segment to load next. It does no I/O: it is told what arrived and when, in milliseconds since the epoch.
 */
export class Player {
  readonly playback: Playback
  #playlist: MediaPlaylist | undefined
  #reloadAt: Milliseconds
  /** The media sequence number of the segment to load next. */
  #next: number | undefined
  #failures = 0
  #retryAt: Milliseconds = 0
  #jumps = 0

  constructor(now: Milliseconds) {
    this.playback = new Playback(now)
    this.#reloadAt = now
  }

  /** When the media playlist is to be loaded (again); Infinity after its end. */
  get reloadAt(): Milliseconds {
    return this.#reloadAt
  }

  /** How often the viewer missed something: a segment was given up, or had left the playlist before it was loaded. */
  get jumps(): number {
    return this.#jumps
  }

  /** The segment to load now; undefined while there is none to load or the buffer is full. */
  wanted(now: Milliseconds): Segment | undefined {
    if (now < this.#retryAt || this.playback.ahead(now) >= fullBuffer) return undefined
    return this.#listed()
  }

  /** @param began when the load of the playlist began, which the time of the next one counts from */
  playlistLoaded(playlist: MediaPlaylist, began: Milliseconds, now: Milliseconds): void {
    const delay = reloadDelay(playlist, this.#playlist === undefined || hasChanged(this.#playlist, playlist))
    this.#reloadAt = playlist.ended ? Number.POSITIVE_INFINITY : Math.max(now, began + delay)
    this.#playlist = playlist
    this.#follow(playlist)
    if (this.#hasAll()) this.playback.complete(now)
  }

  playlistFailed(now: Milliseconds): void {
    this.#reloadAt = now + (this.#playlist === undefined ? retryDelay : reloadDelay(this.#playlist, false))
  }

  /** The segment that `wanted` named has arrived whole. */
  segmentLoaded(segment: Segment, now: Milliseconds): void {
    this.playback.append(segment.duration, segment.programDateTime, now)
    // It may have left the playlist on its way, and the player has moved on already.
    if (segment.uri === this.#listed()?.uri) this.#advance(now)
  }

  /** The segment that `wanted` named did not arrive. */
  segmentFailed(now: Milliseconds): void {
    this.#failures += 1
    this.#retryAt = now + retryDelay
    if (this.#failures < patience) return
    this.#jumps += 1
    this.#advance(now)
  }

  #listed(): Segment | undefined {
    if (this.#playlist === undefined || this.#next === undefined) return undefined
    return this.#playlist.segments[this.#next - this.#playlist.mediaSequence]
  }

  #advance(now: Milliseconds): void {
    this.#failures = 0
    this.#next = (this.#next ?? 0) + 1
    if (this.#hasAll()) this.playback.complete(now)
  }

  #hasAll(): boolean {
    return this.#playlist?.ended === true && this.#next === endOf(this.#playlist)
  }

  /** Finds the place to begin, and a new one where the playlist has moved on without us or belongs to another stream. */
  #follow(playlist: MediaPlaylist): void {
    const next = this.#next
    if (next !== undefined && next >= playlist.mediaSequence && next <= endOf(playlist)) return
    if (next !== undefined) this.#jumps += 1
    this.#next = startOf(playlist)
    this.#failures = 0
  }
}

/** The media sequence number that the segment after the last one will have. */
function endOf({ mediaSequence, segments }: MediaPlaylist): number {
  return mediaSequence + segments.length
}

/** Counted from the beginning of a load: the target duration, or half of it where nothing was new (RFC 8216 §6.3.4). */
function reloadDelay({ targetDuration }: MediaPlaylist, changed: boolean): Milliseconds {
  return (changed ? targetDuration : targetDuration / 2) * 1000
}

function hasChanged(before: MediaPlaylist, after: MediaPlaylist): boolean {
  return (
    endOf(before) !== endOf(after) ||
    before.segments.at(-1)?.uri !== after.segments.at(-1)?.uri ||
    after.ended
  )
}

/** Three target durations before the end, or the first segment where there is less or the end is final (RFC 8216 §6.3.3). */
function startOf({ ended, mediaSequence, segments, targetDuration }: MediaPlaylist): number {
  if (ended) return mediaSequence
  let untilEnd = 0
  for (let index = segments.length - 1; index > 0; index--) {
    untilEnd += segments[index]!.duration
    if (untilEnd >= 3 * targetDuration) return mediaSequence + index
  }
  return mediaSequence
}
