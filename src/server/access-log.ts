import type { Bytes, Milliseconds } from '../cache.ts'
import type { Answer } from './counters.ts'

/** One request and how it ended. Neither Authorization nor Cookie is in it; what the target holds is redacted by the log. */
export interface AccessRecord {
  /** When the request came, since the epoch. */
  readonly at: Milliseconds
  readonly took: Milliseconds
  /** The viewer's, not that of a trusted proxy in front. */
  readonly address: string
  readonly method: string
  readonly target: string
  /** Such as HTTP/1.1 */
  readonly protocol: string
  readonly status: number
  /** Of the body, without its framing. */
  readonly bytes: Bytes
  readonly outcome: Answer
  /** False where the connection ended before the response did. */
  readonly isComplete: boolean
  readonly referer: string | undefined
  readonly userAgent: string | undefined
}

/** Takes note of every response that has ended. */
export interface AccessLog {
  ended(record: AccessRecord): void
}

/** Where the access log is now: it can be turned on and off while requests are answered. Undefined is off, and costs nothing. */
export interface AccessLogSlot {
  log: AccessLog | undefined
}
