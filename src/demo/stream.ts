import { randomBytes } from 'node:crypto'
import type { Milliseconds } from '../cache.ts'

export type LatencyLevel = 0 | 1 | 2 | 3 | 4

/** Latency level → segment length and list size (models/latencyLevels.go). */
export const LATENCY_LEVELS: readonly { readonly segment: Milliseconds; readonly listSize: number }[] = [
  { segment: 1000, listSize: 25 },
  { segment: 2000, listSize: 15 },
  { segment: 3000, listSize: 10 },
  { segment: 4000, listSize: 8 },
  { segment: 5000, listSize: 5 }
]

const CLEANUP_INTERVAL: Milliseconds = 60_000

export interface StreamOptions {
  readonly level: LatencyLevel
  readonly connectedAt: Milliseconds
  /** From the connection to the end of the first segment; 0 means that a whole window exists at once. */
  readonly startupGap: Milliseconds
  /** How many segments a cleanup leaves. */
  readonly keep: number
}

/** Media sequence numbers from first up to, but without, end. */
export interface Span {
  readonly first: number
  readonly end: number
}

/** Owncast takes a new one from teris-io/shortid at each start of the transcoder, so that names never repeat. */
function makeId(): string {
  return randomBytes(7).toString('base64url').slice(0, 9)
}

/**
 * One broadcast, from the start of the transcoder to its end. Which segments exist, which are listed and which have been
 * cleaned away follows from the time alone, so that a test moves nothing but the clock.
 */
export class Stream {
  readonly id = makeId()
  readonly connectedAt: Milliseconds
  readonly segment: Milliseconds
  readonly listSize: number
  readonly #firstAt: Milliseconds
  readonly #keep: number
  #endedAt = Number.POSITIVE_INFINITY

  constructor({ level, connectedAt, startupGap, keep }: StreamOptions) {
    const { segment, listSize } = LATENCY_LEVELS[level]!
    this.connectedAt = connectedAt
    this.segment = segment
    this.listSize = listSize
    this.#firstAt = startupGap > 0 ? connectedAt + startupGap : connectedAt - (listSize - 1) * segment
    this.#keep = keep
  }

  end(at: Milliseconds): void {
    this.#endedAt = at
  }

  /** When the last byte of a segment was written. */
  completedAt(sequence: number): Milliseconds {
    return this.#firstAt + sequence * this.segment
  }

  /** What EXT-X-PROGRAM-DATE-TIME says of a segment: when its first frame was taken. */
  startedAt(sequence: number): Milliseconds {
    return this.completedAt(sequence) - this.segment
  }

  /** The segments in the playlist, empty before the first is complete. */
  listed(now: Milliseconds): Span {
    const end = this.#complete(now)
    return { first: Math.max(0, end - this.listSize), end }
  }

  /** The segments on disk: the listed ones and those that no cleanup has taken yet (core/storageproviders/local.go). */
  existing(now: Milliseconds): Span {
    const cleanups = Math.floor((now - this.connectedAt) / CLEANUP_INTERVAL)
    const atCleanup = this.#complete(this.connectedAt + cleanups * CLEANUP_INTERVAL)
    const first = cleanups > 0 ? Math.max(0, atCleanup - this.#keep) : 0
    return { first, end: this.#complete(now) }
  }

  #complete(now: Milliseconds): number {
    const until = Math.min(now, this.#endedAt)
    return Math.max(0, Math.floor((until - this.#firstAt) / this.segment) + 1)
  }
}
