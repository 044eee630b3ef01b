import { channel } from 'node:diagnostics_channel'
import type { Bytes, CacheKey, Milliseconds } from '../cache.ts'
import type { Kind } from '../policy.ts'

/** A fetch that has ended, well or not. */
export interface FetchEnded {
  readonly key: CacheKey
  readonly kind: Kind
  readonly took: Milliseconds
  readonly bytes: Bytes
  /** What came of it: `stored`, `not-modified`, `passed-on`, `uncacheable` or the code of an OriginError. */
  readonly result: string
  readonly detail: string
}

/** Where the keeper says what happened; it has no logger of its own. */
export const fetchEnded = channel('owncast-edge:fetch-ended')
