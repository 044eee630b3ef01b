import { parseCacheControl } from './cache-control.ts'
import { fieldValue, listOf, type RawFields, withoutHopByHop } from './fields.ts'
import { targetOf } from './target.ts'
import type { Governing } from './targeted.ts'

/** A request and the answer to it. */
export interface Exchange {
  readonly method: string
  /** The request's Host and request target, in origin form. */
  readonly host: string
  readonly target: string
  readonly request: RawFields
  readonly status: number
  readonly response: RawFields
}

/** Why a response may not be stored, for Cache-Status and counters. */
export type StoringRefusal =
  | 'method'
  | 'status'
  | 'partial'
  | 'request-no-store'
  | 'no-store'
  | 'private'
  | 'authorization'
  | 'vary'
  | 'not-cacheable'

/**
 * Why a shared cache may not store the answer to a request, or undefined where it may (RFC 9111 §3). Set-Cookie is
 * no reason by the RFC; the caller may have it for one. `Vary: *` is one here, because such an answer can never be used.
 */
export function storingRefusal(
  exchange: Exchange,
  { control, targeted }: Governing
): StoringRefusal | undefined {
  const { status, response } = exchange
  if (status < 200 || status === 304) return 'status'
  if (status === 206) return 'partial'
  if (control.mustUnderstand && !understood.has(status)) return 'status'
  if (parseCacheControl(fieldValue(exchange.request, 'cache-control')).noStore) return 'request-no-store'
  // Whoever understands the status ignores a no-store beside must-understand (§5.2.2.3).
  if (control.noStore && !control.mustUnderstand) return 'no-store'
  if (control.private) return 'private'
  const isPermitted = control.mustRevalidate || control.public || control.sMaxage !== undefined
  if (fieldValue(exchange.request, 'authorization') !== undefined && !isPermitted) return 'authorization'
  if (listOf(fieldValue(response, 'vary') ?? '').includes('*')) return 'vary'
  const hasExpiry =
    control.maxAge !== undefined || control.sMaxage !== undefined || (!targeted && expires(response))
  if (!isCacheableMethod(exchange, hasExpiry)) return 'method'
  return hasExpiry || control.public || isHeuristicallyCacheable(status) ? undefined : 'not-cacheable'
}

/** The fields to store: without those of one connection (RFC 9111 §3.1) and those that `private` and `no-cache` name. */
export function storableFields(response: RawFields, { control }: Governing): string[] {
  const fields = withoutHopByHop(response)
  const named = new Set([...control.privateFields, ...control.noCacheFields])
  if (named.size === 0) return fields
  return fields.filter((_, i) => !named.has(fields[i - (i % 2)]!.toLowerCase()))
}

/** RFC 9110 §15.1; 206 is left out because parts are not stored. */
export function isHeuristicallyCacheable(status: number): boolean {
  return heuristically.has(status)
}

const heuristically: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])

/** The statuses whose rules for caches this edge keeps: all of RFC 9110 §15 but those that concern parts. */
const understood: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 426],
  ...[500, 501, 502, 503, 504, 505]
])

function expires(response: RawFields): boolean {
  return fieldValue(response, 'expires') !== undefined
}

/** GET; and a POST that says how long its answer stands for a GET of the same target (RFC 9110 §9.3.3). */
function isCacheableMethod({ method, host, target, response }: Exchange, hasExpiry: boolean): boolean {
  if (method === 'GET') return true
  const location = fieldValue(response, 'content-location')
  return method === 'POST' && hasExpiry && targetOf(location, host, target) === target
}
