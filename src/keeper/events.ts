import { channel } from 'node:diagnostics_channel'
import type { Bytes, CacheKey, Milliseconds } from '../cache.ts'
import type { Kind } from '../policy.ts'

/** A fetch that has ended, well or not. */
export interface FetchEnded {
  readonly key: CacheKey
  readonly kind: Kind
  readonly took: Milliseconds
  readonly bytes: Bytes
  /** How many were reading while it arrived. */
  readonly readers: number
  /** What came of it: `stored`, `not-modified`, `passed-on`, `uncacheable` or the code of an OriginError. */
  readonly result: string
  readonly detail: string
}

/** Where the keeper says what happened; it has no logger of its own. */
export const fetchEnded = channel('owncast-edge:fetch-ended')

/** The origin was lost or has come back. */
export interface OriginChanged {
  readonly isDown: boolean
  readonly detail: string
}

export const originChanged = channel('owncast-edge:origin-changed')

/** What a followed stream did. */
export interface StreamChanged {
  readonly key: CacheKey
  readonly what: 'started' | 'restarted' | 'ended' | 'missing' | 'left'
}

export const streamChanged = channel('owncast-edge:stream-changed')

/** Owncast at the origin has another version than before. */
export interface OriginUpdated {
  readonly from: string
  readonly to: string
}

export const originUpdated = channel('owncast-edge:origin-updated')

/** A body that broke off is being fetched on from where it stopped. */
export interface FillResumed {
  readonly key: CacheKey
  readonly from: Bytes
}

export const fillResumed = channel('owncast-edge:fill-resumed')
