import type { Bytes, Clock, Milliseconds } from '../cache.ts'
import { Browser, LoadError, type Loaded } from './browser.ts'
import { Player, type Segment } from './player.ts'
import { type Playlist, readPlaylist } from './read-playlist.ts'

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
  readonly #entrance: string
  /** The media playlist, once the multivariant one has named it. */
  #playlist: string | undefined
  #reload: NodeJS.Timeout | undefined
  #isLoading = false
  #hasLeft = false

  /** @param entrance the address of a multivariant or a media playlist */
  constructor(name: string, entrance: string, clock: Clock, tally: Tally) {
    this.#clock = clock
    this.#tally = tally
    this.#entrance = entrance
    this.#browser = new Browser(name, timeout)
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
      const playlist = await this.#readPlaylist(this.#playlist ?? this.#entrance)
      if (this.#hasLeft) return
      if (playlist.kind === 'multivariant') {
        // Adaptation is off: every viewer takes the variant that is listed first, which is where hls.js begins.
        this.#playlist = playlist.variants[0]
        if (this.#playlist !== undefined) return void this.#loadPlaylist()
        throw new LoadError('without a variant')
      }
      this.player.playlistLoaded(playlist.playlist, began, this.#clock.now())
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
    const { body } = await this.#load(url, 'keep')
    this.#tally.playlists += 1
    const playlist = readPlaylist(body.toString('utf8'), new URL(url))
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
      await this.#load(segment.uri, 'discard')
      this.#tally.segments += 1
      this.player.segmentLoaded(segment, this.#clock.now())
    } catch (error) {
      if (this.#hasLeft) return
      this.#count('segment', error)
      this.player.segmentFailed(this.#clock.now())
    }
  }

  #load(url: string, keep: 'keep' | 'discard'): Promise<Loaded> {
    return this.#browser.load(
      url,
      (size) => {
        this.#tally.bytes += size
      },
      keep
    )
  }

  #count(what: string, error: unknown): void {
    const name = `${what} ${error instanceof LoadError ? error.message : String(error)}`
    this.#tally.errors.set(name, (this.#tally.errors.get(name) ?? 0) + 1)
  }
}
