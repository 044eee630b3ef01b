import type { Milliseconds, Seconds } from '../cache.ts'

export type PlaybackState = 'starting' | 'playing' | 'stalled' | 'ended'

/** Media in the buffer between two positions of the playback's own timeline, which has no gaps. */
interface Span {
  readonly from: Seconds
  readonly until: Seconds
  /** When its first picture was taken, in milliseconds since the epoch. */
  readonly takenAt: Milliseconds | undefined
}

/**
 * A buffer and a picture that moves through it. It begins to play, and goes on after a stall, as soon as there is
 * something to play. Times are milliseconds since the epoch and must not run backwards from call to call.
 */
export class Playback {
  readonly #joinedAt: Milliseconds
  #loaded: Seconds = 0
  /** How much was played before `#resumedAt`. */
  #played: Seconds = 0
  #spans: Span[] = []
  /** Since when it has been playing; undefined while it stands still. */
  #resumedAt: Milliseconds | undefined
  #stalledAt: Milliseconds | undefined
  #stalledFor: Milliseconds = 0
  #stalls = 0
  #startup: Milliseconds | undefined
  #isComplete = false

  constructor(now: Milliseconds) {
    this.#joinedAt = now
  }

  /** From joining to the first picture; undefined before that. */
  get startup(): Milliseconds | undefined {
    return this.#startup
  }

  state(now: Milliseconds): PlaybackState {
    this.#run(now)
    if (this.#startup === undefined) return 'starting'
    if (this.#resumedAt !== undefined) return 'playing'
    return this.#stalledAt === undefined ? 'ended' : 'stalled'
  }

  /** How often it ran dry. */
  stalls(now: Milliseconds): number {
    this.#run(now)
    return this.#stalls
  }

  /** How long it has stood still since it began. */
  stalledFor(now: Milliseconds): Milliseconds {
    this.#run(now)
    return this.#stalledFor + (this.#stalledAt === undefined ? 0 : now - this.#stalledAt)
  }

  /** How much media lies ahead of the picture. */
  ahead(now: Milliseconds): Seconds {
    return this.#loaded - this.#position(now)
  }

  /** How old the picture is; undefined before the first one and where the time it was taken is not known. */
  latency(now: Milliseconds): Milliseconds | undefined {
    if (this.#startup === undefined) return undefined
    const position = this.#position(now)
    const span = this.#spans.find(({ until }) => position < until) ?? this.#spans.at(-1)
    if (span?.takenAt === undefined) return undefined
    return now - span.takenAt - (position - span.from) * 1000
  }

  append(duration: Seconds, takenAt: Milliseconds | undefined, now: Milliseconds): void {
    this.#run(now)
    const from = this.#loaded
    this.#loaded += duration
    this.#spans = this.#spans.filter(({ until }) => until > this.#played)
    this.#spans.push({ from, until: this.#loaded, takenAt })
    this.#resume(now)
  }

  /** Nothing more will come: running dry is the end and no stall. */
  complete(now: Milliseconds): void {
    this.#run(now)
    this.#isComplete = true
    this.#settleStall(now)
  }

  #position(now: Milliseconds): Seconds {
    if (this.#resumedAt === undefined) return this.#played
    return Math.min(this.#loaded, this.#played + (now - this.#resumedAt) / 1000)
  }

  /** Plays until now; what ran dry on the way stopped at that moment and not at this one. */
  #run(now: Milliseconds): void {
    if (this.#resumedAt === undefined) return
    const dryAt = this.#resumedAt + (this.#loaded - this.#played) * 1000
    if (dryAt > now) return
    this.#played = this.#loaded
    this.#resumedAt = undefined
    if (this.#isComplete) return
    this.#stalls += 1
    this.#stalledAt = dryAt
  }

  #resume(now: Milliseconds): void {
    if (this.#resumedAt !== undefined) return
    this.#startup ??= now - this.#joinedAt
    this.#settleStall(now)
    this.#resumedAt = now
  }

  #settleStall(now: Milliseconds): void {
    if (this.#stalledAt === undefined) return
    this.#stalledFor += now - this.#stalledAt
    this.#stalledAt = undefined
  }
}
