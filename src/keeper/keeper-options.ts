import type { Bytes, Milliseconds, Timekeeper } from '../cache.ts'
import type { Policy } from '../policy.ts'
import type { Watchers } from './follower.ts'
import type { Origin } from './origin.ts'

export interface KeeperOptions {
  readonly origin: Origin
  readonly clock: Timekeeper
  readonly watchers: Watchers
  /** For all bodies together: stored, arriving and being sent. */
  readonly cacheSize: Bytes
  readonly maxObjectSize: Bytes
  /** How long the origin may be silent. */
  readonly silence: Milliseconds
  /** How long a live playlist may stand in for an origin that is away. */
  readonly outage: Milliseconds
  /** Tells what the URIs in a playlist are. */
  readonly policy: Policy
  /** Where the origin is, in front of paths, where a playlist may name it though players are to come here. */
  readonly ownAddress?: string | undefined
  /** The bucket that Owncast keeps its media in, and where on this edge it is found. */
  readonly storage: { readonly url: string; readonly prefix: string; readonly origin: Origin } | undefined
}
