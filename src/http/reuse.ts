import type { Milliseconds } from '../cache.ts'
import { type CacheControl, parseCacheControl } from './cache-control.ts'
import { fieldValue, type RawFields } from './fields.ts'
import type { Life } from './freshness.ts'

/**
 * What a stored response is good for. `fresh`: send it. `stale-while-revalidate`: send it and revalidate behind it.
 * `stale`: send it, the client has agreed to its staleness. `revalidate`: ask the origin first.
 */
export type Reuse = 'fresh' | 'stale-while-revalidate' | 'stale' | 'revalidate'

/**
 * The directives of a request; Pragma counts as `no-cache` where there is no Cache-Control, as in RFC 7234 §5.4 (RFC 9111
 * §5.4 deprecates it). Whether a client may cause an origin request with them is the caller's to decide.
 */
export function requestControl(fields: RawFields): CacheControl {
  const value = fieldValue(fields, 'cache-control')
  if (value !== undefined) return parseCacheControl(value)
  return parseCacheControl(/\bno-cache\b/i.test(fieldValue(fields, 'pragma') ?? '') ? 'no-cache' : undefined)
}

/** What a stored response is good for, for a request with these directives (RFC 9111 §4.2.4, §5.2.1). */
export function reuseOf(life: Life, asked: CacheControl, now: Milliseconds): Reuse {
  if (asked.noCache || isTooOldFor(asked, life, now)) return 'revalidate'
  if (now < life.freshUntil) return 'fresh'
  if (asked.maxStale !== undefined && !life.mustRevalidate) {
    if (now - life.freshUntil <= asked.maxStale * 1000) return 'stale'
  }
  // Whoever names an age without a staleness does not want what is stale (§5.2.1.1), whatever the origin allows.
  return asked.maxAge === undefined && now < life.revalidateUntil ? 'stale-while-revalidate' : 'revalidate'
}

function isTooOldFor({ maxAge, minFresh }: CacheControl, life: Life, now: Milliseconds): boolean {
  if (maxAge !== undefined && now - life.bornAt > maxAge * 1000) return true
  return minFresh !== undefined && life.freshUntil - now < minFresh * 1000
}

/** Whether a stored response may be sent in place of an error (RFC 5861 §4), which a request may allow too. */
export function mayReplaceError(life: Life, asked: CacheControl, now: Milliseconds): boolean {
  if (now < life.freshUntil) return true
  if (life.mustRevalidate) return false
  return now < Math.max(life.staleUntil, life.freshUntil + (asked.staleIfError ?? 0) * 1000)
}
