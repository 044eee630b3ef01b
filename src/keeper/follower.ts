import type { CacheKey, Cancel, Milliseconds, StoredResponse, Timekeeper, Visitor, Wanted } from '../cache.ts'
import type { MediaPlaylist } from '../hls/media-playlist.ts'
import { isOlder, isRestart, newSegments } from '../hls/news.ts'
import { readPlaylist } from '../hls/playlist.ts'
import { reloadAt } from '../hls/reload.ts'
import type { Segment } from '../hls/segments.ts'
import { fieldValue } from '../http/fields.ts'
import type { StreamChanged } from './events.ts'

/** Who watches: the follower asks in their name, and only while there is somebody. */
export interface Watchers {
  /** Somebody who asked for this playlist lately; the latest first. */
  watcherOf(key: CacheKey): Visitor | undefined
  lastSeenAt(key: CacheKey): Milliseconds
}

/** What a follower needs of the keeper. */
export interface Guide {
  readonly clock: Timekeeper
  readonly watchers: Watchers
  /** How long a live playlist may stand in for an origin that is away. */
  outage: Milliseconds
  /** Fetches the playlist anew. Resolves with what came, whose body is then the follower's to release or publish. */
  reload(wanted: Wanted, visitor: Visitor): Promise<StoredResponse | undefined>
  /** What the playlist lists now, before it is published. */
  noted(key: CacheKey, playlist: MediaPlaylist): void
  /** Fetches a listed segment before anybody asks; resolves when it is here or has failed. */
  prefetch(playlist: Wanted, uri: string, visitor: Visitor): Promise<void>
  /** Takes over the hold on the body. */
  publish(response: StoredResponse): void
  /** What is stored under the key is no longer fresh. */
  retire(key: CacheKey): void
  isDown(): boolean
  /** Calls back when the origin is there. */
  whenUp(wake: () => void): Cancel
  changed(change: StreamChanged): void
  stopped(follower: Follower): void
}

/** How many target durations after its last reader a playlist is no longer followed. */
const patience = 3
/** How long a new playlist waits for its segments, in target durations, so that what is listed is here at full speed. */
const holdBack = 0.25
/** Between an answer of an edge behind us and the next request to it. */
const breath: Milliseconds = 20
/** How long a published playlist counts as fresh without news, in target durations: past every regular reload. */
const freshFor = 1.5

/**
 * Reloads one live media playlist ahead of its readers, fetches what is new in it, and then publishes it, so that every
 * reader finds it and nobody's request waits for the origin.
 */
export class Follower {
  readonly wanted: Wanted
  readonly #guide: Guide
  #playlist: MediaPlaylist
  #text: string
  #published: StoredResponse
  #changedAt: Milliseconds
  #asks = 0
  /** Since when the origin gives an earlier state than what is published. */
  #lateSince: Milliseconds | undefined
  #askedAt: Milliseconds = 0
  #isOver = false
  #cancel: Cancel = () => {}

  constructor(guide: Guide, wanted: Wanted, first: StoredResponse, playlist: MediaPlaylist) {
    this.#guide = guide
    this.wanted = wanted
    this.#published = first
    this.#playlist = playlist
    this.#text = first.body.text()
    const now = guide.clock.now()
    // When it was written, as far as whole seconds tell: a first guess at when the next change is due.
    const writtenFor = Math.max(0, (first.date ?? now) - (first.lastModified ?? now))
    this.#changedAt = now - Math.min(writtenFor, playlist.targetDuration * 1000)
    this.#tell('started')
    first.body.hold()
    this.#publish(first)
    this.#schedule()
  }

  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancel()
    this.#guide.stopped(this)
  }

  get targetDuration(): Milliseconds {
    return this.#playlist.targetDuration * 1000
  }

  /** Whether somebody asked for the playlist within the last three target durations. */
  get isWatched(): boolean {
    return (
      this.#guide.clock.now() - this.#guide.watchers.lastSeenAt(this.wanted.key) <
      patience * this.targetDuration
    )
  }

  #schedule(): void {
    const { clock } = this.#guide
    const now = clock.now()
    const { segments, targetDuration } = this.#playlist
    const lastDuration = segments.at(-1)?.duration ?? targetDuration
    const at = this.#waits(now)
      ? now + breath
      : reloadAt({ changedAt: this.#changedAt, lastDuration, targetDuration, asks: this.#asks }, now)
    this.#cancel = clock.after(at - now, () => void this.#reload())
  }

  /**
   * Whether the next request may go out at once, to be answered when there is news: to an edge behind us that did wait, or
   * that had news. One that answers at once with nothing new is asked as an origin is.
   */
  #waits(now: Milliseconds): boolean {
    if (!this.#isBehindEdge()) return false
    return this.#asks === 0 || now - this.#askedAt > this.targetDuration / 2
  }

  #isBehindEdge(): boolean {
    const passed = fieldValue(this.#published.fields, 'cache-status') ?? ''
    return this.#published.etag !== undefined && /\bedge\b/.test(passed)
  }

  async #reload(): Promise<void> {
    const { watchers } = this.#guide
    const visitor = watchers.watcherOf(this.wanted.key)
    if (visitor === undefined || !this.isWatched) return this.#leave()
    this.#askedAt = this.#guide.clock.now()
    const wanted = this.#isBehindEdge() ? { ...this.wanted, wait: this.targetDuration } : this.wanted
    const response = await this.#guide.reload(wanted, visitor)
    if (this.#isOver) return response?.body.release()
    if (response === undefined) return this.#retry()
    await this.#receive(response, visitor)
  }

  /** The origin gave nothing: again in a while, or at once when an origin that is away comes back. */
  #retry(): void {
    this.#asks++
    if (!this.#guide.isDown()) return this.#schedule()
    this.#cancel = this.#guide.whenUp(() => void this.#reload())
  }

  async #receive(response: StoredResponse, visitor: Visitor): Promise<void> {
    const text = response.body.text()
    const playlist = response.status === 200 ? readPlaylist(text) : undefined
    if (playlist?.kind !== 'media') return this.#end(response, 'missing')
    if (playlist.ended) return this.#end(response, 'ended')
    if (text !== this.#text && !this.#isLate(playlist)) return this.#take(response, playlist, visitor)
    this.#asks++
    if (text === this.#text) this.#publish(response)
    else response.body.release()
    this.#schedule()
  }

  /**
   * Whether it is an earlier state than what is published, as a slower cache behind us gives it for a moment. What stays so
   * for longer than a segment is another stream, under names that were used before.
   */
  #isLate(playlist: MediaPlaylist): boolean {
    if (!isOlder(this.#playlist, playlist)) {
      this.#lateSince = undefined
      return false
    }
    const now = this.#guide.clock.now()
    this.#lateSince ??= now
    return now - this.#lateSince <= this.targetDuration
  }

  async #take(response: StoredResponse, playlist: MediaPlaylist, visitor: Visitor): Promise<void> {
    const seenAt = this.#guide.clock.now()
    const hasRestarted = isRestart(this.#playlist, playlist) || isOlder(this.#playlist, playlist)
    this.#lateSince = undefined
    const news = hasRestarted ? [] : newSegments(this.#playlist, playlist)
    this.#guide.noted(this.wanted.key, playlist)
    await this.#prefetch(news, visitor)
    if (this.#isOver) return response.body.release()
    // The origin went away between playlist and segment: what is listed could not be had, so it is not news yet.
    if (news.length > 0 && this.#guide.isDown()) {
      response.body.release()
      return this.#retry()
    }
    this.#changedAt = seenAt
    this.#asks = 0
    this.#playlist = playlist
    this.#text = response.body.text()
    if (hasRestarted) this.#tell('restarted')
    this.#publish(response)
    this.#schedule()
  }

  /** Until all of them are here, or a quarter of the target duration is over. */
  async #prefetch(news: readonly Segment[], visitor: Visitor): Promise<void> {
    const { clock } = this.#guide
    if (news.length === 0) return
    await new Promise<void>((resolve) => {
      const cancel = clock.after(holdBack * this.targetDuration, resolve)
      const fetched = Promise.all(news.map(({ uri }) => this.#guide.prefetch(this.wanted, uri, visitor)))
      void fetched.then(() => {
        cancel()
        resolve()
      })
    })
  }

  #publish(response: StoredResponse): void {
    const { clock, outage } = this.#guide
    if (this.#isOver) return response.body.release()
    const now = clock.now()
    const until = now + outage
    this.#published = {
      ...response,
      freshUntil: now + freshFor * this.targetDuration,
      revalidateUntil: until,
      staleUntil: until
    }
    this.#guide.publish(this.#published)
  }

  /** What has ended or is missing is published as it is, and ages like anything else. */
  #end(response: StoredResponse, what: 'ended' | 'missing'): void {
    this.stop()
    this.#guide.publish(response)
    this.#tell(what)
  }

  /** Nobody watches any more: who comes next shall not find a playlist that was kept fresh for others. */
  #leave(): void {
    this.stop()
    this.#guide.retire(this.wanted.key)
    this.#tell('left')
  }

  #tell(what: StreamChanged['what']): void {
    this.#guide.changed({ key: this.wanted.key, what })
  }
}
