import type { Bytes, Cancel, Milliseconds, Timekeeper } from '../cache.ts'
import { type FetchEnded, fetchEnded, type OriginChanged, originChanged } from '../keeper/events.ts'
import type { Chronicle } from '../log/chronicle.ts'
import { History } from './history.ts'
import type { LoopLag } from './loop-lag.ts'
import { type Now, nowOf } from './now.ts'
import type { Readings } from './readings.ts'
import { type Segment, segmentOf } from './segment.ts'

/** How often the rates are taken: while a dashboard is open, and otherwise, so that one opened later has the last minutes. */
const watchedEvery: Milliseconds = 1000
const unwatchedEvery: Milliseconds = 2000
const mostSegments = 60

/** What a dashboard is told, each under the name of its server-sent event. */
export type Told =
  | { readonly event: 'now'; readonly data: Now }
  | { readonly event: 'segment'; readonly data: Segment }
  | { readonly event: 'notice'; readonly data: object }

export interface ObserverOptions {
  readonly clock: Timekeeper
  readonly read: () => Readings
  readonly chronicle: Chronicle
  /** Whether this process has more to do than it can: then dashboards wait. */
  readonly isBusy: () => boolean
  readonly lag: LoopLag
  /** Called with each fetch that has brought a whole body. */
  readonly filled: (fetch: { kind: string; took: Milliseconds; bytes: Bytes }) => void
}

/** Watches the edge for the dashboard: takes samples, keeps the last minutes, and tells whoever follows. */
export class Observer {
  readonly #options: ObserverOptions
  readonly #history = new History()
  /** The newest last. */
  readonly #segments: Segment[] = []
  readonly #followers = new Set<(told: Told) => void>()
  readonly #unfollow: () => void
  readonly #startedAt: Milliseconds
  #originChangedAt: Milliseconds
  #now: Now
  #cancel: Cancel = () => {}

  constructor(options: ObserverOptions) {
    this.#options = options
    const { clock, chronicle } = options
    this.#startedAt = clock.now()
    this.#originChangedAt = this.#startedAt
    this.#now = this.#look()
    fetchEnded.subscribe(this.#onFetch)
    originChanged.subscribe(this.#onOrigin)
    this.#unfollow = chronicle.follow((notice) => this.#tell({ event: 'notice', data: notice }))
    this.#schedule()
  }

  /** All that a dashboard needs to begin with. */
  snapshot(): object {
    this.#tick()
    return {
      now: this.#now,
      history: this.#history.columns(),
      segments: this.#segments,
      notices: this.#options.chronicle.recent
    }
  }

  follow(follower: (told: Told) => void): () => void {
    this.#followers.add(follower)
    this.#schedule()
    return () => this.#followers.delete(follower)
  }

  close(): void {
    this.#cancel()
    fetchEnded.unsubscribe(this.#onFetch)
    originChanged.unsubscribe(this.#onOrigin)
    this.#unfollow()
    this.#followers.clear()
  }

  #schedule(): void {
    this.#cancel()
    const delay = this.#followers.size > 0 ? watchedEvery : unwatchedEvery
    this.#cancel = this.#options.clock.after(delay, () => {
      if (!this.#options.isBusy()) this.#tick()
      this.#schedule()
    })
  }

  #tick(): void {
    this.#now = this.#look()
    this.#tell({ event: 'now', data: this.#now })
  }

  #look(): Now {
    const { clock, read, lag } = this.#options
    const readings = read()
    const at = clock.now()
    const rates = this.#history.record(at, readings)
    const [startedAt, originChangedAt] = [this.#startedAt, this.#originChangedAt]
    return nowOf({ at, readings, rates, startedAt, originChangedAt, lag: lag.longest() })
  }

  #tell(told: Told): void {
    for (const follower of this.#followers) follower(told)
  }

  readonly #onFetch = (message: unknown): void => {
    const fetch = message as FetchEnded
    if (fetch.result === 'stored' || fetch.result === 'passed-on') this.#options.filled(fetch)
    if (fetch.kind !== 'segment') return
    const segment = segmentOf(fetch, this.#options.clock.now())
    this.#segments.push(segment)
    if (this.#segments.length > mostSegments) this.#segments.shift()
    this.#tell({ event: 'segment', data: segment })
  }

  readonly #onOrigin = (message: unknown): void => {
    const { isDown } = message as OriginChanged
    this.#originChangedAt = this.#options.clock.now()
    if (this.#now.origin.isDown !== isDown) this.#tick()
  }
}
