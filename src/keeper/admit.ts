import type { Bytes, Milliseconds, ResponseHead, Wanted } from '../cache.ts'
import { directivesOf } from '../hls/directives.ts'
import { parseHttpDate } from '../http/date.ts'
import { fieldValue, listOf, withoutFields, withoutHopByHop } from '../http/fields.ts'
import type { Rule } from '../policy.ts'

/** What becomes of an answer of the origin. */
export type Verdict =
  | { readonly kind: 'store' }
  /** A 404 that may be answered from here for a moment. */
  | { readonly kind: 'missing' }
  /** The origin says that what is stored is still right. */
  | { readonly kind: 'not-modified' }
  /** Sent to those who wait for it and then forgotten. */
  | { readonly kind: 'pass-on' }
  /** It belongs to one client, or is too large to keep. */
  | { readonly kind: 'uncacheable'; readonly why: string }

/** What was asked for, as far as it matters to what may be stored of the answer. */
export interface Expected {
  readonly range: string | undefined
  /** A segment in the making: what has an end now may have another soon. */
  readonly isGrowing: boolean
}

const aWhole: Expected = { range: undefined, isGrowing: false }

/** Judges an answer by its head. The origin's Cache-Control counts only where it says `private` (owncast.md §10). */
export function judge(
  rule: Rule,
  status: number,
  fields: readonly string[],
  largest: Bytes,
  { range, isGrowing }: Expected = aWhole
): Verdict {
  if (status === 304) return { kind: 'not-modified' }
  const isPart = range !== undefined && isThisPart(range, status, fields)
  const why = reasonNotToShare(isPart ? 200 : status, fields, rule)
  if (why !== undefined) return { kind: 'uncacheable', why }
  if ((lengthOf(fields) ?? 0) > largest) return { kind: 'uncacheable', why: 'too-large' }
  if (isPart) return { kind: 'store' }
  if (status === 200 && range !== undefined) return { kind: 'uncacheable', why: 'range-ignored' }
  if (status === 200) return { kind: isGrowing && lengthOf(fields) !== undefined ? 'pass-on' : 'store' }
  const isMissing = status === 404 || status === 410
  return isMissing && rule.missingFor > 0 ? { kind: 'missing' } : { kind: 'pass-on' }
}

/** Whether it is the part of a body that was asked for, from its first byte on. */
function isThisPart(range: string, status: number, fields: readonly string[]): boolean {
  const first = /^bytes=(\d+)-/.exec(range)?.[1]
  const answered = /^bytes (\d+)-/.exec(fieldValue(fields, 'content-range') ?? '')?.[1]
  return status === 206 && first !== undefined && first === answered
}

function reasonNotToShare(status: number, fields: readonly string[], rule: Rule): string | undefined {
  if (fieldValue(fields, 'set-cookie') !== undefined) return 'set-cookie'
  if (status === 401 || status === 403) return 'authorization'
  if (status === 206) return 'unasked-range'
  if (status >= 300 && status < 400) return 'redirect'
  const { unshared = /\bprivate\b/i, contentTypes } = rule
  if (unshared.test(fieldValue(fields, 'cache-control') ?? '')) return 'private'
  const contentType = fieldValue(fields, 'content-type')
  if (status === 200 && contentType !== undefined && contentTypes?.test(contentType) === false)
    return 'content-type'
  return variesByMore(fields, rule) ? 'vary' : undefined
}

/** Whether it depends on more of the request than its key holds (RFC 9111 §4.1). Origin does not count where any may read it. */
function variesByMore(fields: readonly string[], rule: Rule): boolean {
  const names = listOf((fieldValue(fields, 'vary') ?? '').toLowerCase())
  return names.some((name) => name !== 'accept-encoding' && !(name === 'origin' && rule.crossOrigin))
}

/** The stated length of a body, or undefined where there is none or it is not a number. */
export function lengthOf(fields: readonly string[]): Bytes | undefined {
  const value = fieldValue(fields, 'content-length')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/**
 * How old an answer already was when it came, by its Age (RFC 9111 §5.1): another cache may stand behind us. An edge says
 * it in milliseconds to one that waits for news.
 */
export function ageOf(fields: readonly string[]): Milliseconds {
  const exact = fieldValue(fields, 'edge-age')
  if (exact !== undefined && /^\d{1,12}$/.test(exact)) return Number(exact)
  const value = fieldValue(fields, 'age')
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) * 1000 : 0
}

/**
 * When an answer was made at the latest: when it was asked for (RFC 9111 §4.2.3), or when it came where the origin held the
 * request until there was news.
 */
export function madeAt({ key, wait }: Wanted, askedAt: Milliseconds, now: Milliseconds): Milliseconds {
  return wait !== undefined || directivesOf(key)?.msn !== undefined ? now : askedAt
}

const renewed = new Set(['age', 'edge-age', 'content-length', 'accept-ranges'])
const cors = ['access-control-allow-origin', 'access-control-expose-headers']

/**
 * The head that clients get, made once. Length, age and ranges are ours to say; Cache-Control is the rule's for a 200,
 * and `no-store` for everything else, because Owncast sends a missing segment with a year of max-age (§2.3).
 */
export function headOf(
  rule: Rule,
  status: number,
  received: readonly string[],
  now: Milliseconds
): ResponseHead {
  const isGood = status === 200 || status === 206
  const cacheControl = isGood ? rule.cacheControl : 'no-store'
  const replaced = new Set(renewed)
  if (cacheControl !== undefined) replaced.add('cache-control').add('expires').add('pragma')
  if (rule.crossOrigin) for (const name of cors) replaced.add(name)
  if (rule.coding === 'identity') replaced.add('vary')
  if (isGood && rule.contentType !== undefined) replaced.add('content-type')
  const fields = withoutFields(withoutHopByHop(received), [...replaced])
  if (cacheControl !== undefined) fields.push('Cache-Control', cacheControl)
  if (isGood && rule.contentType !== undefined) fields.push('Content-Type', rule.contentType)
  if (rule.crossOrigin) fields.push(...crossOriginFields)
  if (fieldValue(fields, 'date') === undefined) fields.push('Date', new Date(now).toUTCString())
  return {
    status,
    fields,
    length: lengthOf(received),
    etag: fieldValue(fields, 'etag'),
    lastModified: dateIn(fields, 'last-modified', now),
    date: dateIn(fields, 'date', now)
  }
}

/** The moment in a field, where there is one that can be read. */
export function dateIn(fields: readonly string[], name: string, now: Milliseconds): Milliseconds | undefined {
  const value = fieldValue(fields, name)
  return value === undefined ? undefined : parseHttpDate(value, now)
}

/** Any site's player may read the media and what a player measures by (owncast.md §8.15). */
export const crossOriginFields: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'Age, Cache-Status, Content-Length, Content-Range, Date'
]
