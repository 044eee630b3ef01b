import type { Clock, Milliseconds } from '../cache.ts'
import { LATENCY_LEVELS, type LatencyLevel, Stream } from './stream.ts'

const WIPE_AFTER: Milliseconds = 5 * 60_000

export interface ChannelOptions {
  readonly clock: Clock
  readonly level: LatencyLevel
  /** How long playlists are 404 after the broadcaster has connected; 0: a whole window exists at once. */
  readonly startupGap: Milliseconds
  /** How long everything is 404 after a wipe, until the offline clip has been transcoded. */
  readonly offlineGap: Milliseconds
  /** From the connection until /api/status says online (core/stats.go). */
  readonly onlineDelay: Milliseconds
  /** How many segments a cleanup leaves. */
  readonly keep: number
}

/** What data/hls holds at one moment (owncast.md §3.4). */
export type Phase =
  | { readonly kind: 'wiped' }
  | { readonly kind: 'offline'; readonly since: Milliseconds }
  | { readonly kind: 'live'; readonly stream: Stream }
  | { readonly kind: 'ended'; readonly stream: Stream; readonly at: Milliseconds }

/** Whether somebody broadcasts, since when, and what is left of it afterwards. */
export class Channel {
  readonly #options: ChannelOptions
  #phase: Phase
  #connectedAt: Milliseconds | undefined
  #disconnectedAt: Milliseconds | undefined

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#phase = { kind: 'offline', since: options.clock.now() + options.offlineGap }
  }

  get lastConnectedAt(): Milliseconds | undefined {
    return this.#connectedAt
  }

  get lastDisconnectedAt(): Milliseconds | undefined {
    return this.#disconnectedAt
  }

  /** Whether a broadcaster is connected; viewers are counted only then. */
  get isConnected(): boolean {
    return this.#phase.kind === 'live'
  }

  /** What /api/status says: true some seconds after the broadcaster has connected. */
  get isOnline(): boolean {
    const { clock, onlineDelay } = this.#options
    return this.isConnected && clock.now() - (this.#connectedAt ?? 0) >= onlineDelay
  }

  get segmentLength(): Milliseconds {
    return LATENCY_LEVELS[this.#options.level]!.segment
  }

  phase(): Phase {
    const now = this.#options.clock.now()
    if (this.#phase.kind === 'ended' && now - this.#phase.at >= WIPE_AFTER)
      this.#offline(this.#phase.at + WIPE_AFTER)
    if (this.#phase.kind === 'offline' && now < this.#phase.since) return { kind: 'wiped' }
    return this.#phase
  }

  connect(): void {
    if (this.isConnected) return
    const { clock, level, startupGap, keep } = this.#options
    this.#connectedAt = clock.now()
    this.#phase = {
      kind: 'live',
      stream: new Stream({ level, connectedAt: this.#connectedAt, startupGap, keep })
    }
  }

  disconnect(): void {
    if (this.#phase.kind !== 'live') return
    const { stream } = this.#phase
    const at = this.#options.clock.now()
    this.#disconnectedAt = at
    stream.end(at)
    // Without a single segment there is no playlist that the offline clip could be appended to.
    if (stream.listed(at).end === 0) this.#offline(at)
    else this.#phase = { kind: 'ended', stream, at }
  }

  /** Throws away what an ended stream has left, as Owncast does five minutes after its end; nothing while live. */
  wipe(): void {
    if (!this.isConnected) this.#offline(this.#options.clock.now())
  }

  #offline(wipedAt: Milliseconds): void {
    this.#phase = { kind: 'offline', since: wipedAt + this.#options.offlineGap }
  }
}
