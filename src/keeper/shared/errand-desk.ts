import type { BlockPool, Body } from '../../body.ts'
import type { Bytes, CacheKey, Milliseconds, Timekeeper } from '../../cache.ts'
import type { KeeperCounters } from '../counters.ts'
import type { Origin } from '../origin.ts'
import type { Errand, Order } from './errand.ts'
import type { Draft } from './kept.ts'

/** What an errand needs of those who sent it. */
export interface ErrandDesk {
  readonly origin: Origin
  readonly pool: BlockPool
  readonly clock: Timekeeper
  readonly counters: KeeperCounters
  /** How long the origin may be silent before its answer. */
  readonly silence: Milliseconds
  /** How long something stale may stand in for an origin that is away. */
  outage(): Milliseconds
  largest(): Bytes
  /** Something came whole: takes over the hold on its body. */
  land(order: Order, draft: Draft, body: Body): void
  /** The key was found to belong to one client. */
  setAside(key: CacheKey): void
  /** Bodies in flight have grown. */
  makeRoom(): void
  /** Nobody shall join any more. */
  ended(errand: Errand): void
}
