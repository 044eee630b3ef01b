import { LRUCache } from 'lru-cache'
import {
  type CacheKey,
  type Milliseconds,
  rangeOf,
  type StoredResponse,
  type Timekeeper,
  type Visitor,
  type Wanted
} from '../cache.ts'
import { withoutDirectives } from '../hls/directives.ts'
import type { MediaPlaylist } from '../hls/media-playlist.ts'
import { isOlder, isRestart } from '../hls/news.ts'
import { type Playlist, readPlaylist } from '../hls/playlist.ts'
import type { Part } from '../hls/segments.ts'
import type { Policy, Route } from '../policy.ts'
import { streamChanged } from './events.ts'
import { Follower, type Guide, type Watchers } from './follower.ts'
import type { Keeper } from './keeper.ts'
import { Listings, listingOf } from './listings.ts'
import { isLowLatency, LowLatency } from './low-latency.ts'
import type { Origin } from './origin.ts'

/** Taken where no playlist has been seen yet: Owncast's segments are of 1 to 5 s. */
const usualTargetDuration: Milliseconds = 4000
const mostSeen = 200
/** Playlists beyond these are kept like those that nobody follows: what clients make up in queries costs no requests. */
const mostFollowed = 200

export interface LiveOptions {
  readonly keeper: Keeper
  readonly origin: Origin
  readonly clock: Timekeeper
  readonly watchers: Watchers
  readonly outage: Milliseconds
  readonly policy: Policy
}

/** A live playlist that is kept up to date. */
export interface FollowedPlaylist {
  readonly key: CacheKey
  readonly targetDuration: Milliseconds
  /** Undefined where it has been evicted. */
  readonly confirmedAt: Milliseconds | undefined
}

/** What the keeper knows of the live stream: which playlists are followed and what they list. */
export class Live {
  readonly #keeper: Keeper
  readonly #guide: Guide
  readonly #policy: Policy
  /** From the key of a media playlist to who follows it. */
  readonly #followers = new Map<CacheKey, Follower>()
  readonly listings = new Listings()
  /** From the key of a playlist to how it was when a client got it from the origin. */
  readonly #seen = new LRUCache<CacheKey, MediaPlaylist>({ max: mostSeen })
  readonly lowLatency: LowLatency
  #targetDuration: Milliseconds = usualTargetDuration

  constructor({ keeper, origin, clock, watchers, outage, policy }: LiveOptions) {
    this.#keeper = keeper
    this.#policy = policy
    const retire = (matches: (key: CacheKey) => boolean): void => {
      keeper.store.expire(matches, clock.now())
    }
    this.lowLatency = new LowLatency({
      clock,
      outage: () => this.#guide.outage,
      isDown: () => origin.isDown,
      whenUp: (wake) => origin.whenUp(wake),
      peek: (key) => keeper.store.peek(key),
      retire
    })
    this.#guide = {
      clock,
      watchers,
      outage,
      reload: (wanted, visitor) => this.#reload(wanted, visitor),
      prefetch: (playlist, uri, visitor) => this.#prefetch(playlist, uri, visitor),
      noted: (key, playlist) => this.#note(key, playlist),
      publish: (response) => keeper.publish(response),
      retire: (key) => retire((one) => one === key),
      isDown: () => origin.isDown,
      whenUp: (wake) => origin.whenUp(wake),
      changed: (change) => streamChanged.publish(change),
      stopped: ({ wanted }) => this.#followers.delete(wanted.key)
    }
  }

  /** How many playlists are followed. */
  get followed(): number {
    return this.#followers.size
  }

  /** How long a live playlist may stand in. */
  get outage(): Milliseconds {
    return this.#guide.outage
  }

  set outage(outage: Milliseconds) {
    this.#guide.outage = outage
  }

  /** The followed playlists: when the origin last confirmed what is served of each, and how long its segments are. */
  followedPlaylists(): FollowedPlaylist[] {
    return [...this.#followers.values()].map(({ wanted: { key }, targetDuration }) => {
      return { key, targetDuration, confirmedAt: this.#keeper.store.peek(key)?.bornAt }
    })
  }

  isFollowed(key: CacheKey): boolean {
    return this.#followers.has(key)
  }

  /** How long the origin may be silent: no longer than helps a player, and never longer than `most` unless it is to wait. */
  silenceFor(wanted: Wanted, most: Milliseconds): Milliseconds {
    const { rule, wait = 0 } = wanted
    if (rule.body === 'playlist')
      return (
        this.lowLatency.holdFor(wanted) ?? wait + Math.min(most, Math.max(3000, 1.5 * this.#targetDuration))
      )
    if (rule.crossOrigin) return Math.min(most, Math.max(4000, 2 * this.#targetDuration))
    return most
  }

  /** Something comes from the origin for a client: the same, with the times that it has in a live stream. */
  landing(response: StoredResponse): StoredResponse {
    return this.lowLatency.timed(response, playlistOf(response))
  }

  /** Something came from the origin for a client: a live media playlist is followed from now on. */
  landed(response: StoredResponse): void {
    const { key, rule } = response
    if (rule.kind !== 'media-playlist') return
    const playlist = playlistOf(response)
    if (playlist?.kind !== 'media') return this.#forget(key)
    this.#compare(key, playlist)
    this.#note(withoutDirectives(key), playlist)
    const parts = this.lowLatency.note(response, playlist)
    // Players of a low-latency playlist wait at the origin by themselves (rfc8216bis §6.2.5.2).
    if (isLowLatency(playlist)) return this.#prefetchParts(key, parts)
    if (playlist.ended || key !== withoutDirectives(key) || this.#followers.has(key)) return
    if (this.#followers.size >= mostFollowed) return
    const wanted = this.#wantedAt(key)
    if (wanted === undefined) return
    this.#followers.set(key, new Follower(this.#guide, wanted, response, playlist))
  }

  /** A stream that restarted while nobody watched: what is stored of its names may be of the one before. */
  #compare(key: CacheKey, playlist: MediaPlaylist): void {
    if (key !== withoutDirectives(key)) return
    const before = this.#seen.get(key)
    this.#seen.set(key, playlist)
    if (before === undefined || this.#followers.has(key)) return
    if (isRestart(before, playlist) || isOlder(before, playlist))
      streamChanged.publish({ key, what: 'restarted' })
  }

  /** Whether the origin itself has this media playlist. */
  async hasPlaylist(path: string, visitor: Visitor): Promise<boolean> {
    const wanted = this.#wantedAt(path)
    if (wanted === undefined) return false
    await this.#keeper.fetchAhead(wanted, visitor)
    return this.#keeper.store.peek(wanted.key)?.status === 200
  }

  close(): void {
    for (const follower of [...this.#followers.values()]) follower.stop()
  }

  /** Fetches a playlist for its follower, unless a client's fetch of it is under way, which then is the news. */
  async #reload(wanted: Wanted, visitor: Visitor): Promise<StoredResponse | undefined> {
    let landed: StoredResponse | undefined
    const hands = {
      land: (response: StoredResponse): void => {
        landed = response
      },
      renew: (response: StoredResponse): void => {
        response.body.hold()
        landed = response
      }
    }
    const { store } = this.#keeper
    const running = this.#keeper.flightOf(wanted.key)
    const flight = running ?? this.#keeper.depart(wanted, visitor, store.peek(wanted.key), hands)
    flight.outcome.catch(() => {})
    await flight.over
    return landed
  }

  async #prefetch(playlist: Wanted, uri: string, visitor: Visitor): Promise<void> {
    const target = this.#targetOf(playlist.key, uri)
    const wanted = target && this.#wantedAt(target.key)
    if (wanted !== undefined) await this.#keeper.fetchAhead(wanted, visitor)
  }

  /** Parts are listed like segments (rfc8216bis §6.2.1); whoever waited for the playlist asks for them next. */
  #prefetchParts(playlist: CacheKey, parts: readonly Part[]): void {
    const visitor = this.#guide.watchers.watcherOf(playlist)
    if (visitor === undefined) return
    for (const { uri, byteRange } of parts) {
      const target = this.#targetOf(playlist, uri)
      const wanted = target && this.#wantedAt(target.key)
      if (wanted === undefined) continue
      const range = byteRange && `bytes=${byteRange.offset}-${byteRange.offset + byteRange.length - 1}`
      void this.#keeper.fetchAhead(range === undefined ? wanted : rangeOf(wanted, range), visitor)
    }
  }

  #note(key: CacheKey, playlist: MediaPlaylist): void {
    // A delta update leaves out what was listed before: that is listed still.
    const name = playlist.skipped > 0 ? `${key} delta` : key
    this.listings.note(
      name,
      listingOf(playlist, (uri) => this.#targetOf(key, uri)?.key)
    )
    if (playlist.targetDuration > 0) this.#targetDuration = playlist.targetDuration * 1000
  }

  #forget(key: CacheKey): void {
    // That one blocking reload failed says nothing of the playlist.
    if (key !== withoutDirectives(key)) return
    for (const name of [key, `${key} delta`]) this.listings.forget(name)
    this.lowLatency.forget(key)
  }

  /** What a listed URI is on this edge, or undefined where it leads elsewhere. */
  #targetOf(playlist: CacheKey, uri: string): Extract<Route, { key: CacheKey }> | undefined {
    const base = new URL(playlist, 'http://edge.invalid')
    if (!URL.canParse(uri, base.href)) return undefined
    const { host, pathname, search } = new URL(uri, base)
    const found = host === base.host ? this.#policy(pathname + search, undefined) : undefined
    return found !== undefined && 'key' in found ? found : undefined
  }

  #wantedAt(target: string): Wanted | undefined {
    const found = this.#policy(target, undefined)
    if (found.kind !== 'stored') return undefined
    const { key, rule, source } = found
    return { key, rule, target: found.target, coding: 'identity', host: undefined, ...(source && { source }) }
  }
}

function playlistOf({ rule, status, body }: StoredResponse): Playlist | undefined {
  return rule.kind === 'media-playlist' && status === 200 ? readPlaylist(body.text()) : undefined
}
