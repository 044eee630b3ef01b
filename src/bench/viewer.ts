import type { Bytes, Clock, Milliseconds } from '../cache.ts'
import { type Playlist, readPlaylist } from '../hls/playlist.ts'
import { Browser, LoadError } from './browser.ts'
import { Player, type Segment } from './player.ts'

/** What all viewers together have done so far. */
export interface Tally {
  playlists: number
  segments: number
  bytes: Bytes
  /** What went wrong, as in "segment 404" → how often. */
  readonly errors: Map<string, number>
}

const timeout: Milliseconds = 20_000

/** Somebody who watches: joins at once, and keeps loading what the player wants until leaving. */
export class Viewer {
  readonly player: Player
  readonly joinedAt: Milliseconds
  readonly #clock: Clock
  readonly #tally: Tally
  readonly #browser: Browser
  /** The playlist to load: the one given, or the media playlist that it has named. */
  #playlist: string
  #reload: NodeJS.Timeout | undefined
  #isLoading = false
  #hasLeft = false

  /** @param entrance the address of a multivariant or a media playlist */
  constructor(name: string, entrance: string, clock: Clock, tally: Tally) {
    this.#clock = clock
    this.#tally = tally
    this.#playlist = entrance
    this.#browser = new Browser(name, timeout, (size) => {
      tally.bytes += size
    })
    this.joinedAt = clock.now()
    this.player = new Player(this.joinedAt)
    void this.#loadPlaylist()
  }

  leave(): void {
    this.#hasLeft = true
    clearTimeout(this.#reload)
    this.#browser.close()
  }

  /** Goes on where nothing that arrives would: when there is room in the buffer again, and to retry. */
  nudge(): void {
    void this.#loadSegment()
  }

  async #loadPlaylist(): Promise<void> {
    const began = this.#clock.now()
    try {
      const playlist = await this.#readPlaylist(this.#playlist)
      if (this.#hasLeft) return
      if (playlist.kind === 'multivariant') {
        // Adaptation is off: every viewer takes the variant that is listed first, which is where hls.js begins.
        const variant = playlist.variants[0]
        if (variant === undefined) throw new LoadError('without a variant')
        this.#playlist = new URL(variant.uri, this.#playlist).href
        return void this.#loadPlaylist()
      }
      this.player.playlistLoaded(playlist, began, this.#clock.now())
      void this.#loadSegment()
    } catch (error) {
      if (this.#hasLeft) return
      this.#count('playlist', error)
      this.player.playlistFailed(this.#clock.now())
    }
    this.#scheduleReload()
  }

  #scheduleReload(): void {
    const { reloadAt } = this.player
    if (!Number.isFinite(reloadAt)) return
    this.#reload = setTimeout(() => void this.#loadPlaylist(), Math.max(0, reloadAt - this.#clock.now()))
  }

  async #readPlaylist(url: string): Promise<Playlist> {
    const playlist = readPlaylist(await this.#browser.loadText(url))
    this.#tally.playlists += 1
    if (playlist === undefined) throw new LoadError('unreadable')
    return playlist
  }

  async #loadSegment(): Promise<void> {
    if (this.#isLoading || this.#hasLeft) return
    const segment = this.player.wanted(this.#clock.now())
    if (segment === undefined) return
    this.#isLoading = true
    await this.#tryLoading(segment)
    this.#isLoading = false
    void this.#loadSegment()
  }

  async #tryLoading(segment: Segment): Promise<void> {
    try {
      await this.#browser.loadMedia(new URL(segment.uri, this.#playlist).href)
      this.#tally.segments += 1
      this.player.segmentLoaded(segment, this.#clock.now())
    } catch (error) {
      if (this.#hasLeft) return
      this.#count('segment', error)
      this.player.segmentFailed(this.#clock.now())
    }
  }

  #count(what: string, error: unknown): void {
    const name = `${what} ${error instanceof LoadError ? error.message : String(error)}`
    this.#tally.errors.set(name, (this.#tally.errors.get(name) ?? 0) + 1)
  }
}
