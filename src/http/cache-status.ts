import type { Seconds } from '../cache.ts'

/** Why a request went forward (RFC 9211 §2.2). */
export type ForwardReason =
  | 'bypass'
  | 'method'
  | 'uri-miss'
  | 'vary-miss'
  | 'miss'
  | 'request'
  | 'stale'
  | 'partial'

/** How this edge came by a response. `ttl` is its remaining freshness, negative once stale; `detail` is for operators. */
export type CacheStatus =
  | { readonly kind: 'hit'; readonly ttl: Seconds; readonly detail?: string | undefined }
  | {
      readonly kind: 'forwarded'
      readonly reason: ForwardReason
      /** The origin's status, where it differs from the one sent (§2.3). */
      readonly status?: number | undefined
      readonly ttl?: Seconds | undefined
      readonly stored?: boolean | undefined
      readonly collapsed?: boolean | undefined
      readonly detail?: string | undefined
    }

/** The name this cache goes by in the field. */
const cacheName = 'edge'

/** This edge's member of a Cache-Status field (RFC 9211 §2). The cache key is never in it: it may hold what is private. */
export function cacheStatus(status: CacheStatus): string {
  return (
    cacheName +
    (status.kind === 'hit' ? '; hit' : forwarded(status)) +
    ttl(status.ttl) +
    detail(status.detail)
  )
}

/** The whole field: whoever is nearer to the origin comes first (RFC 9211 §2). */
export function appendCacheStatus(inner: string | undefined, own: string): string {
  return inner === undefined || inner.trim() === '' ? own : `${inner}, ${own}`
}

function forwarded(status: CacheStatus & { kind: 'forwarded' }): string {
  const origin = status.status === undefined ? '' : `; fwd-status=${status.status}`
  const stored = status.stored === true ? '; stored' : ''
  const collapsed = status.collapsed === true ? '; collapsed' : ''
  return `; fwd=${status.reason}${origin}${stored}${collapsed}`
}

/** Whole seconds, rounded down so that the least staleness shows. */
function ttl(seconds: Seconds | undefined): string {
  return seconds === undefined ? '' : `; ttl=${Math.floor(seconds)}`
}

/** A token as it is, anything else as a quoted string of printable ASCII (RFC 9651 §3.3.3, §3.3.4). */
function detail(text: string | undefined): string {
  if (text === undefined) return ''
  if (/^[A-Za-z][\w!#$%&'*+.^`|~:/-]*$/.test(text)) return `; detail=${text}`
  return `; detail="${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
