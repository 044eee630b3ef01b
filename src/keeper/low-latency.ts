import type { CacheKey, Cancel, Milliseconds, StoredResponse, Timekeeper, Wanted } from '../cache.ts'
import { OriginError } from '../errors.ts'
import {
  type Directives,
  directivesOf,
  hasDirectives,
  isMet,
  isTooFarAhead,
  withoutDirectives
} from '../hls/directives.ts'
import type { MediaPlaylist } from '../hls/media-playlist.ts'
import { isOlder, isRestart } from '../hls/news.ts'
import type { Playlist } from '../hls/playlist.ts'
import type { Part } from '../hls/segments.ts'

/** More playlists than any stream has. */
const mostKnown = 1000
/** More than this players of one playlist never wait for at a time: a segment, a part, the one after it, and deltas of them. */
const mostHeld = 8

/** A media playlist that came. */
interface Sighting {
  readonly playlist: MediaPlaylist
  /** What it is stored under: its own key, or that of the blocking reload that brought it. */
  readonly key: CacheKey
  readonly bornAt: Milliseconds
}

/** The newest that is known of a media playlist, and the newest that answers everybody, or whoever takes a delta update. */
interface Known {
  readonly newest: Sighting
  readonly full: Sighting | undefined
  readonly delta: Sighting | undefined
}

export interface LowLatencyOptions {
  readonly clock: Timekeeper
  /** How long a playlist may stand in for an origin that is away. */
  outage(): Milliseconds
  isDown(): boolean
  /** Calls back when the origin is there. */
  whenUp(wake: () => void): Cancel
  peek(key: CacheKey): StoredResponse | undefined
  /** What is stored under the keys is no longer fresh. */
  retire(matches: (key: CacheKey) => boolean): void
}

/**
 * Blocking reloads of low-latency playlists (rfc8216bis §6.2.5.2): each is asked for once, however many wait, and not at
 * all where what it waits for is here already.
 */
export class LowLatency {
  readonly #options: LowLatencyOptions
  /** From the key of a media playlist without directives to what is known of it, the least lately changed first. */
  readonly #known = new Map<CacheKey, Known>()
  /** From that key to how many of its blocking reloads are held at the origin. */
  readonly #held = new Map<CacheKey, number>()

  constructor(options: LowLatencyOptions) {
    this.#options = options
  }

  /** Notes a playlist that came; tells which parts are new in it, where the one before is known. */
  note({ key, bornAt }: StoredResponse, playlist: MediaPlaylist): readonly Part[] {
    const path = withoutDirectives(key)
    const known = this.#known.get(path)
    const before = known?.newest
    if (before !== undefined && isOlder(before.playlist, playlist)) return []
    const hasRestarted = before !== undefined && isRestart(before.playlist, playlist)
    if (hasRestarted) this.#forgetOlder(path, key)
    const newest = { playlist, key, bornAt }
    const kept = hasRestarted ? undefined : known
    this.#remember(path, {
      newest,
      full: playlist.skipped === 0 ? newest : kept?.full,
      delta: playlist.skipped > 0 ? newest : kept?.delta
    })
    if (before === undefined || bornAt - before.bornAt > 2 * durationOf(playlist)) return []
    return newParts(before.playlist, playlist)
  }

  forget(key: CacheKey): void {
    this.#known.delete(withoutDirectives(key))
  }

  /** The stored playlist that has what a blocking reload waits for, or whose origin knows of no such thing. */
  meeting(wanted: Wanted): StoredResponse | undefined {
    const found = this.#asked(wanted)
    if (found === undefined) return undefined
    const { directives, known } = found
    const { full, delta } = known
    const answers = directives.skip === undefined ? [full] : [delta, full]
    for (const sighting of answers) {
      const stored = sighting && this.#stored(sighting, directives)
      if (stored !== undefined) return stored
    }
    return undefined
  }

  /** Throws an OriginError where the origin is not to be asked: for nonsense, for too much, or by too many at a time. */
  check({ key, rule }: Wanted): void {
    if (rule.kind !== 'media-playlist' || !hasDirectives(key)) return
    const path = withoutDirectives(key)
    const directives = directivesOf(key)
    if (directives === undefined) throw new OriginError('invalid-directives', key)
    const { playlist, bornAt } = this.#known.get(path)?.newest ?? {}
    if (playlist !== undefined && isLowLatency(playlist)) {
      const age = this.#options.clock.now() - (bornAt ?? 0)
      if (isTooFarAhead(directives, playlist, age / 1000)) throw new OriginError('too-far-ahead', key)
    }
    if ((this.#held.get(path) ?? 0) >= mostHeld)
      throw new OriginError('overloaded', 'too many reloads of a playlist are held')
  }

  /** A reload with directives counts as held until it is over. */
  departed({ key, rule }: Wanted, over: Promise<void>): void {
    if (rule.kind !== 'media-playlist' || !hasDirectives(key)) return
    const path = withoutDirectives(key)
    this.#held.set(path, (this.#held.get(path) ?? 0) + 1)
    void over.then(() => {
      const left = (this.#held.get(path) ?? 1) - 1
      if (left > 0) this.#held.set(path, left)
      else this.#held.delete(path)
    })
  }

  /** How long the origin may hold a blocking reload; it should say 503 after three target durations itself. */
  holdFor({ key }: Wanted): Milliseconds | undefined {
    if (directivesOf(key)?.msn === undefined) return undefined
    return 3.5 * durationOf(this.#known.get(withoutDirectives(key))?.newest.playlist) + 1000
  }

  /**
   * What a blocking reload gets while the origin is away: when it is back, or after a target duration, the newest there is.
   * Not at once, because whoever gets nothing new asks again.
   */
  async standIn(wanted: Wanted): Promise<StoredResponse | undefined> {
    const { clock, isDown, peek } = this.#options
    const found = this.#asked(wanted)
    if (found?.directives.msn === undefined || !isDown()) return undefined
    await this.#return(durationOf(found.known.newest.playlist))
    const newest = this.#known.get(withoutDirectives(wanted.key))?.full
    const stored = newest && peek(newest.key)
    return stored !== undefined && clock.now() < stored.staleUntil ? stored : undefined
  }

  /**
   * The same response, for as long as it counts with such playlists: a failure for as long as players may be told of it
   * (rfc8216bis appendix B.1), the playlist itself for an outage of the origin.
   */
  timed(response: StoredResponse, found: Playlist | undefined): StoredResponse {
    const { key, rule, status } = response
    if (rule.kind !== 'media-playlist') return response
    const now = this.#options.clock.now()
    if (found?.kind === 'media' && isLowLatency(found) && !found.ended)
      return { ...response, staleUntil: now + this.#options.outage() }
    const playlist = this.#known.get(withoutDirectives(key))?.newest.playlist
    if (status === 200 || playlist === undefined || !isLowLatency(playlist)) return response
    const durations = directivesOf(key)?.msn === undefined ? 1 : 4
    return { ...response, freshUntil: now + durations * durationOf(playlist) }
  }

  /** Resolves when the origin is there again, or when the time is over. */
  #return(most: Milliseconds): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        cancelTimer()
        cancelWake()
        resolve()
      }
      const cancelTimer = this.#options.clock.after(most, over)
      const cancelWake = this.#options.whenUp(over)
    })
  }

  #stored({ key, bornAt, playlist }: Sighting, directives: Directives): StoredResponse | undefined {
    const stored = this.#options.peek(key)
    if (stored?.status !== 200) return undefined
    const now = this.#options.clock.now()
    if (playlist.ended || !isLowLatency(playlist)) return now < stored.freshUntil ? stored : undefined
    const isAnswer = directives.msn !== undefined && isMet(directives, playlist)
    return isAnswer && now - bornAt < 6 * durationOf(playlist) ? stored : undefined
  }

  #remember(path: CacheKey, known: Known): void {
    this.#known.delete(path)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size >= mostKnown) this.#known.delete(oldest)
    this.#known.set(path, known)
  }

  #asked({ key, rule }: Wanted): { directives: Directives; known: Known } | undefined {
    if (rule.kind !== 'media-playlist') return undefined
    const directives = directivesOf(key)
    const known = directives && this.#known.get(withoutDirectives(key))
    return directives && known && { directives, known }
  }

  /** The numbers begin again: what was stored under them belongs to another stream. */
  #forgetOlder(path: CacheKey, current: CacheKey): void {
    this.#options.retire((key) => key !== current && hasDirectives(key) && withoutDirectives(key) === path)
  }
}

/** Whether the origin knows what to do with directives. */
export function isLowLatency({ serverControl }: MediaPlaylist): boolean {
  return serverControl.canBlockReload || serverControl.canSkipUntil !== undefined
}

function durationOf(playlist: MediaPlaylist | undefined): Milliseconds {
  return 1000 * (playlist?.targetDuration || 4)
}

function newParts(before: MediaPlaylist, after: MediaPlaylist): Part[] {
  const known = new Set(before.parts.map(nameOf))
  return after.parts.filter((part) => !part.gap && !known.has(nameOf(part)))
}

function nameOf({ uri, byteRange }: Part): string {
  return byteRange === undefined ? uri : `${uri} ${byteRange.offset}`
}
