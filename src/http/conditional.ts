import type { Milliseconds } from '../cache.ts'
import { parseHttpDate } from './date.ts'
import { listOf } from './fields.ts'

/** What a stored response can be recognised by (RFC 9110 §8.8). `date` is its Date, the moment the origin made it. */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: Milliseconds | undefined
  readonly date?: Milliseconds | undefined
}

/** The values of the request's conditional fields, as received. */
export interface Conditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: string | undefined
  readonly ifUnmodifiedSince?: string | undefined
}

/** `not-modified` is a 304, `failed` a 412. */
export type Precondition = 'proceed' | 'not-modified' | 'failed'

/**
 * What the request's conditions come to for a representation that exists, in the order of RFC 9110 §13.2.2. A cache
 * leaves `ifMatch` and `ifUnmodifiedSince` out: they are the origin's to judge (RFC 9111 §4.3.2).
 */
export function precondition(
  method: string,
  conditions: Conditions,
  validators: Validators,
  now: Milliseconds
): Precondition {
  if (!permits(conditions, validators, now)) return 'failed'
  const reads = method === 'GET' || method === 'HEAD'
  if (conditions.ifNoneMatch !== undefined) {
    if (!matchesAny(conditions.ifNoneMatch, validators.etag, isWeaklyEqual)) return 'proceed'
    return reads ? 'not-modified' : 'failed'
  }
  return reads && isUnmodified(conditions.ifModifiedSince, validators, now) ? 'not-modified' : 'proceed'
}

/**
 * Whether a Range field counts under this If-Range (RFC 9110 §13.1.5); without one it does. A date counts only if it is
 * the Last-Modified exactly and that is a strong validator, at least a second older than Date (§8.8.2.2): Owncast
 * can write a playlist twice within a second.
 */
export function ifRangeHolds(
  ifRange: string | undefined,
  validators: Validators,
  now: Milliseconds
): boolean {
  if (ifRange === undefined) return true
  const { etag, lastModified, date } = validators
  if (ifRange.includes('"')) return etag !== undefined && isStronglyEqual(ifRange.trim(), etag)
  if (lastModified === undefined || date === undefined || date - lastModified < 1000) return false
  return parseHttpDate(ifRange, now) === lastModified
}

/** If-Match, or in its absence If-Unmodified-Since (RFC 9110 §13.1.1, §13.1.4). */
function permits(conditions: Conditions, validators: Validators, now: Milliseconds): boolean {
  if (conditions.ifMatch !== undefined)
    return matchesAny(conditions.ifMatch, validators.etag, isStronglyEqual)
  if (conditions.ifUnmodifiedSince === undefined || validators.lastModified === undefined) return true
  const since = parseHttpDate(conditions.ifUnmodifiedSince, now)
  return since === undefined || validators.lastModified <= since
}

/** RFC 9110 §13.1.3; a cache takes Date where there is no Last-Modified (RFC 9111 §4.3.2). */
function isUnmodified(
  ifModifiedSince: string | undefined,
  validators: Validators,
  now: Milliseconds
): boolean {
  const modifiedAt = validators.lastModified ?? validators.date
  if (ifModifiedSince === undefined || modifiedAt === undefined) return false
  const since = parseHttpDate(ifModifiedSince, now)
  return since !== undefined && modifiedAt <= since
}

type Comparison = (one: string, other: string) => boolean

function matchesAny(header: string, etag: string | undefined, isEqual: Comparison): boolean {
  if (header.trim() === '*') return true
  return etag !== undefined && listOf(header).some((candidate) => isEqual(candidate, etag))
}

/** RFC 9110 §8.8.3.2: the same, and neither of them weak. */
function isStronglyEqual(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/')
}

/** RFC 9110 §8.8.3.2: the same but for the mark of weakness. */
function isWeaklyEqual(one: string, other: string): boolean {
  return opaque(one) === opaque(other)
}

function opaque(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag
}
