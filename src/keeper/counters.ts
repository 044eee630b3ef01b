import type { Bytes } from '../cache.ts'
import type { Kind } from '../policy.ts'

/** What the keeper did, in plain numbers that only grow; the admin listener reads them when it is asked. */
export class KeeperCounters {
  /** Requests sent to the origin, by the kind of what was asked for. */
  readonly originRequests: Partial<Record<Kind, number>> = {}
  /** Bytes of bodies that came from the origin. */
  originBytes: Bytes = 0
  /** Fetches that failed, by the code of the OriginError. */
  readonly failures: Record<string, number> = {}
  /** Answers that were half-written at the origin, or not there yet, and asked for again. */
  askedAgain = 0
  /** Bodies that broke off and were fetched on from where they stopped. */
  fillsResumed = 0
  fillsBroken = 0

  asked(kind: Kind): void {
    this.originRequests[kind] = (this.originRequests[kind] ?? 0) + 1
  }

  failed(code: string): void {
    this.failures[code] = (this.failures[code] ?? 0) + 1
  }
}
