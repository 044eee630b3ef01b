import type { BlockPool, Body } from '../body.ts'
import type { Bytes, Milliseconds, StoredResponse, Timekeeper, Visitor, Wanted } from '../cache.ts'
import type { Expected } from './admit.ts'
import type { KeeperCounters } from './counters.ts'
import type { Flight } from './flight.ts'
import type { Origin } from './origin.ts'

/** What a flight needs of the keeper. */
export interface Tower {
  readonly origin: Origin
  readonly pool: BlockPool
  readonly clock: Timekeeper
  readonly counters: KeeperCounters
  largest: Bytes
  /** How long the origin may be silent in a fetch of this. */
  silenceFor(wanted: Wanted): Milliseconds
  /** Whether a playlist that was seen lately lists it: then it exists, whatever the origin says. */
  isListed(wanted: Wanted): boolean
  /** What an answer has to be to be stored as what was wanted. */
  expected(wanted: Wanted): Expected
  /** Leads those who read a playlist to this edge; takes over the hold on its body and gives one on what it returns. */
  lead(wanted: Wanted, visitor: Visitor, body: Body): Promise<Body>
  /** Something was fetched whole: takes over the hold on its body. */
  land(response: StoredResponse): void
  /** The stored response was confirmed by the origin. */
  renew(response: StoredResponse): void
  /** The key was found to belong to one client. */
  setAside(wanted: Wanted): void
  /** Bodies in flight have grown. */
  makeRoom(): void
  /** Nobody shall join any more. Called before those who wait wake. */
  ended(flight: Flight): void
}
