import type { Bytes, Clock, Milliseconds, Seconds } from '../cache.ts'
import { median } from './statistics.ts'
import { type Tally, Viewer } from './viewer.ts'

/** Who comes to watch, and when. */
export interface Plan {
  /** The address of a multivariant or a media playlist. */
  readonly entrance: string
  readonly viewers: number
  /** How long it takes until all are there, who come one by one … */
  readonly ramp: Seconds
  /** … and how long the whole takes. */
  readonly seconds: Seconds
  /** The share of viewers who leave after a while and are followed by somebody new, from 0 to 1. */
  readonly churn: number
}

/** What one viewer went through. */
export interface Visit {
  /** From joining to the first picture; undefined where none came. */
  readonly startup: Milliseconds | undefined
  readonly stayed: Milliseconds
  readonly stalls: number
  readonly stalledFor: Milliseconds
  readonly jumps: number
}

/** The audience at one moment; `stalls`, `errors` and `bytes` count from the beginning. */
export interface Sample {
  readonly at: Seconds
  readonly viewers: number
  readonly playing: number
  readonly starting: number
  /** Those of `starting` who have waited for ten seconds or more. */
  readonly overdue: number
  readonly stalled: number
  readonly stalls: number
  readonly errors: number
  readonly bytes: Bytes
  /** The median of those who play. */
  readonly latency: Seconds | undefined
}

interface Seat {
  readonly viewer: Viewer
  readonly leavesAt: Milliseconds
}

/** Whoever has no picture by then counts as not served. */
export const patience: Milliseconds = 10_000
/** How long those stay who leave. */
const shortestStay: Milliseconds = 5_000
const longestStay: Milliseconds = 20_000

/** The viewers of one run: lets them in and out by the plan, and says how they fare. */
export class Audience {
  readonly tally: Tally = { playlists: 0, segments: 0, bytes: 0, errors: new Map() }
  readonly #plan: Plan
  readonly #clock: Clock
  readonly #beganAt: Milliseconds
  readonly #random: () => number
  #seats: Seat[] = []
  #visits: Visit[] = []
  #joined = 0

  constructor(plan: Plan, clock: Clock) {
    this.#plan = plan
    this.#clock = clock
    this.#beganAt = clock.now()
    this.#random = dice(plan.viewers)
  }

  /** Brings the audience up to date; to be called several times a second. */
  step(): void {
    const now = this.#clock.now()
    for (const seat of this.#seats) if (seat.leavesAt <= now) this.#bidFarewell(seat, now)
    this.#seats = this.#seats.filter(({ leavesAt }) => leavesAt > now)
    const due = expected(this.#plan, (now - this.#beganAt) / 1000)
    while (this.#seats.length < due) this.#seats.push(this.#admit(now))
    for (const { viewer } of this.#seats) viewer.nudge()
  }

  sample(): Sample {
    const now = this.#clock.now()
    const playbacks = this.#seats.map(({ viewer }) => viewer.player.playback)
    const states = playbacks.map((playback) => playback.state(now))
    const count = (wanted: string): number => states.filter((state) => state === wanted).length
    const latencies = playbacks
      .filter((_, index) => states[index] === 'playing')
      .map((playback) => playback.latency(now))
    const latency = median(latencies.filter((value) => value !== undefined))
    return {
      at: (now - this.#beganAt) / 1000,
      viewers: this.#seats.length,
      playing: count('playing'),
      starting: count('starting'),
      overdue: this.#seats.filter(
        ({ viewer }, index) => states[index] === 'starting' && now - viewer.joinedAt >= patience
      ).length,
      stalled: count('stalled'),
      stalls: sum([
        ...this.#visits.map(({ stalls }) => stalls),
        ...playbacks.map((playback) => playback.stalls(now))
      ]),
      errors: sum([...this.tally.errors.values()]),
      bytes: this.tally.bytes,
      latency: Number.isNaN(latency) ? undefined : latency / 1000
    }
  }

  /** Sends everyone home. @returns the visits of all who ever came */
  close(): readonly Visit[] {
    const now = this.#clock.now()
    for (const seat of this.#seats) this.#bidFarewell(seat, now)
    this.#seats = []
    return this.#visits
  }

  #admit(now: Milliseconds): Seat {
    this.#joined += 1
    const leaves = this.#random() < this.#plan.churn
    const stay = shortestStay + this.#random() * (longestStay - shortestStay)
    const viewer = new Viewer(`viewer/${this.#joined}`, this.#plan.entrance, this.#clock, this.tally)
    return { viewer, leavesAt: leaves ? now + stay : Number.POSITIVE_INFINITY }
  }

  #bidFarewell({ viewer }: Seat, now: Milliseconds): void {
    const { playback, jumps } = viewer.player
    viewer.leave()
    this.#visits.push({
      startup: playback.startup,
      stayed: now - viewer.joinedAt,
      stalls: playback.stalls(now),
      stalledFor: playback.stalledFor(now),
      jumps
    })
  }
}

/** How many viewers are to be there at a moment of the run: one from the start, all at the end of the ramp. */
export function expected({ viewers, ramp }: Plan, at: Seconds): number {
  if (at >= ramp) return viewers
  return Math.max(1, Math.floor((viewers * at) / ramp))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** A generator of numbers from 0 to 1 that come in the same order each time, so that runs are alike (mulberry32). */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
