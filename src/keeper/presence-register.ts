import type { CacheKey, Clock, Milliseconds, Visitor } from '../cache.ts'
import { hasDirectives, withoutDirectives } from '../hls/directives.ts'
import { variantOf } from '../policy.ts'
import type { Watchers } from './follower.ts'
import { presentFor, Viewer } from './presence-viewer.ts'

/** Beyond these nobody new is counted: memory stays bounded whatever is sent. */
const mostViewers = 100_000
const longestUserAgent = 1024
const mostPlaylists = 2000
/** How long it is remembered when a playlist was last asked for. */
const rememberedFor: Milliseconds = 60_000

/** A playlist that somebody asks for. */
export interface Playlist {
  /** The number of its variant, where it is a media playlist. */
  readonly variant: string | undefined
  seenAt: Milliseconds
  lastViewer: Viewer | undefined
}

/** How many watch here, all and by the number of the variant. */
export interface Attendance {
  readonly total: number
  readonly variants: Record<string, number>
}

/** Who watches here: everybody who asked for a playlist or sent a ping within the last 15 s (owncast.md §4.2). */
export class Register implements Watchers {
  /** From address and User-Agent to the viewer they stand for. */
  readonly #viewers = new Map<string, Viewer>()
  /** From a visitor to the viewer they were recognised as, for as long as somebody keeps the visitor. */
  #recognised = new WeakMap<Visitor, Viewer>()
  /** From the path of a playlist to who asks for it. */
  readonly #playlists = new Map<CacheKey, Playlist>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Everybody who was there at the last sweep, the longest known first. */
  get size(): number {
    return this.#viewers.size
  }

  viewers(): IterableIterator<Viewer> {
    return this.#viewers.values()
  }

  isHere(visitor: Visitor, now: Milliseconds): boolean {
    const viewer = this.#recognised.get(visitor) ?? this.#viewers.get(identityOf(visitor))
    return viewer?.isPresent(now) === true
  }

  /** Notes who asks for the playlist of a key or, without one, sends a ping. Undefined where too many are counted already. */
  recognise(visitor: Visitor, key: CacheKey | undefined, now: Milliseconds): Viewer | undefined {
    const known = this.#recognised.get(visitor)
    const viewer = known?.isPresent(now) ? known : this.#meet(visitor, now)
    if (key !== undefined) this.#mark(key, viewer, now)
    return viewer
  }

  /**
   * Somebody who watches this media playlist now, the latest first. Nobody who is overdue: Owncast takes every request
   * for a sign of life, so one in the name of somebody who has left would keep them there for longer.
   */
  watcherOf(key: CacheKey): Visitor | undefined {
    const playlist = this.#playlists.get(pathOf(key))
    if (playlist === undefined) return undefined
    const now = this.#clock.now()
    if (playlist.lastViewer?.isWatching(playlist, now)) return playlist.lastViewer.visitor
    if (now - playlist.seenAt > presentFor) return undefined
    for (const viewer of this.#viewers.values()) if (viewer.isWatching(playlist, now)) return viewer.visitor
    return undefined
  }

  lastSeenAt(key: CacheKey): Milliseconds {
    return this.#playlists.get(pathOf(key))?.seenAt ?? 0
  }

  /** Somebody who is here now. */
  anybody(): Visitor | undefined {
    const now = this.#clock.now()
    for (const viewer of this.#viewers.values()) if (viewer.isPresent(now)) return viewer.visitor
    return undefined
  }

  attendance(): Attendance {
    const now = this.#clock.now()
    const variants: Record<string, number> = {}
    let total = 0
    for (const viewer of this.#viewers.values()) {
      if (!viewer.isPresent(now)) continue
      total++
      const variant = viewer.watching?.variant
      if (variant !== undefined) variants[variant] = (variants[variant] ?? 0) + 1
    }
    return { total, variants }
  }

  /** Forgets who has left. */
  sweep(): void {
    const now = this.#clock.now()
    for (const [identity, viewer] of this.#viewers) if (!viewer.isPresent(now)) this.#viewers.delete(identity)
    for (const [path, { seenAt }] of this.#playlists)
      if (now - seenAt > rememberedFor) this.#playlists.delete(path)
  }

  clear(): void {
    this.#viewers.clear()
    this.#playlists.clear()
    this.#recognised = new WeakMap()
  }

  #meet(visitor: Visitor, now: Milliseconds): Viewer | undefined {
    const identity = identityOf(visitor)
    const known = this.#viewers.get(identity)
    const viewer = known?.isPresent(now) ? known : this.#admit(identity, visitor, now)
    if (viewer !== undefined) this.#recognised.set(visitor, viewer)
    return viewer
  }

  #admit(identity: string, visitor: Visitor, now: Milliseconds): Viewer | undefined {
    if (this.#viewers.size >= mostViewers && !this.#viewers.has(identity)) return undefined
    if ((visitor.userAgent?.length ?? 0) > longestUserAgent) return undefined
    const viewer = new Viewer(visitor, now)
    this.#viewers.set(identity, viewer)
    return viewer
  }

  #mark(key: CacheKey, viewer: Viewer | undefined, now: Milliseconds): void {
    const playlist = this.#playlists.get(key) ?? this.#playlistOf(key, now)
    playlist.seenAt = now
    playlist.lastViewer = viewer
    if (playlist.variant !== undefined) viewer?.reloads(playlist, now)
  }

  #playlistOf(key: CacheKey, now: Milliseconds): Playlist {
    const path = pathOf(key)
    const known = this.#playlists.get(path)
    if (known !== undefined) return known
    if (this.#playlists.size >= mostPlaylists) this.#dropOldest()
    const variant = variantOf(path)
    const playlist: Playlist = { variant, seenAt: now, lastViewer: undefined }
    this.#playlists.set(path, playlist)
    return playlist
  }

  /** One that is still asked for comes back with its next reader. */
  #dropOldest(): void {
    const [oldest] = this.#playlists.keys()
    if (oldest !== undefined) this.#playlists.delete(oldest)
  }
}

/** Whom Owncast takes for one (owncast.md §4.1). */
function identityOf({ address, userAgent = '' }: Visitor): string {
  return `${address}\n${userAgent}`
}

/** Delivery directives ask for the same playlist, at another time. */
function pathOf(key: CacheKey): string {
  return hasDirectives(key) ? withoutDirectives(key) : key
}
