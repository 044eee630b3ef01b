import type { Body } from '../../body.ts'
import type { Bytes, CacheKey, Inquiry, Milliseconds, ResponseHead, StoredResponse } from '../../cache.ts'
import { fieldValue, listOf, withoutFields } from '../../http/fields.ts'
import { isSpoofable } from '../../http/forwarded.ts'
import { type Life, lifeOf, type Timing } from '../../http/freshness.ts'
import { type StoringRefusal, storableFields, storingRefusal } from '../../http/storing.ts'
import { governing } from '../../http/targeted.ts'
import { type Variant, variantOf } from '../../http/vary.ts'
import type { Rule } from '../../policy.ts'
import { dateIn } from '../admit.ts'

/** Where a stored part lies in the whole. */
export interface Extent {
  readonly first: Bytes
  readonly total: Bytes
}

/** A response stored by RFC 9111, one of those that its cache key has. */
export interface Kept extends StoredResponse {
  /** The key it shares with the other variants; its own has a number behind it. */
  readonly base: CacheKey
  readonly variant: Variant
  readonly life: Life
  /** Undefined: the body is the whole. */
  readonly extent: Extent | undefined
  /** Its entity-tag was made here: for clients, the origin knows nothing of it. */
  readonly hasOwnEtag?: true
}

/** What is known of a response by its head: everything but the body. */
export interface Draft {
  readonly head: ResponseHead
  readonly variant: Variant
  readonly life: Life
  readonly extent: Extent | undefined
}

/** An answer of the origin that came for an inquiry. */
export interface Answer {
  readonly inquiry: Inquiry
  /** The request's fields as the origin had them. */
  readonly asked: readonly string[]
  readonly status: number
  readonly received: readonly string[]
  readonly timing: Timing
}

/** The rule of everything that has no rule of its own. */
export const resource: Rule = {
  kind: 'resource',
  freshFor: 0,
  missingFor: 0,
  revalidateFor: 0,
  staleFor: 0,
  coding: 'identity',
  body: 'any',
  conditional: true,
  crossOrigin: false
}

/** How long something stale is kept for its validators: the origin's 304 costs less than its body. */
const usefulFor: Milliseconds = 24 * 3600 * 1000

/**
 * Why an answer is not stored, beyond what RFC 9111 §3 forbids: what sets a cookie is meant for one client, and what is
 * never fresh and cannot be validated is of no use.
 */
export function refusalOf(answer: Answer): StoringRefusal | 'set-cookie' | 'useless' | undefined {
  const { inquiry, asked, status, received, timing } = answer
  const directives = governing(received)
  const extent = status === 206 ? extentOf(received) : undefined
  const exchange = { method: 'GET', host: '', target: inquiry.key, request: asked, response: received }
  // A part is stored by the rules of the whole (RFC 9111 §3.3).
  const refused = storingRefusal({ ...exchange, status: extent === undefined ? status : 200 }, directives)
  if (refused !== undefined) return refused
  if (fieldValue(received, 'set-cookie') !== undefined) return 'set-cookie'
  if (variesBySpoofable(received)) return 'vary'
  const { freshUntil, revalidateUntil } = lifeOf(status, received, directives, timing)
  const hasValidator = ['etag', 'last-modified'].some((name) => fieldValue(received, name) !== undefined)
  const isUseful = hasValidator || Math.max(freshUntil, revalidateUntil) > timing.receivedAt
  return isUseful ? undefined : 'useless'
}

/** What only the edge may say of a client is not among the fields that a client is told apart by. */
function variesBySpoofable(received: readonly string[]): boolean {
  return listOf((fieldValue(received, 'vary') ?? '').toLowerCase()).some(isSpoofable)
}

/** A storable answer, before its body has come; undefined where nothing tells which requests it is for. */
export function draftOf(
  { inquiry, status, received, timing }: Answer,
  outage: Milliseconds
): Draft | undefined {
  const variant = variantOf(inquiry.fields, received)
  if (variant === undefined) return undefined
  const extent = status === 206 ? extentOf(received) : undefined
  const directives = governing(received)
  const life = withOutage(lifeOf(status === 206 ? 200 : status, received, directives, timing), outage)
  const fields = withoutFields(
    storableFields(received, directives),
    status === 206 ? [...ours, 'content-range'] : ours
  )
  return { head: headWith(status, fields, received, timing.receivedAt), variant, life, extent }
}

/** An answer as its own client gets it, to whom alone it goes. */
export function ownHead({ status, received, timing }: Answer, fields: readonly string[]): ResponseHead {
  const said = fieldValue(received, 'content-length') !== undefined && status === 200
  const replaced = said ? ['content-length', 'accept-ranges'] : ['content-length']
  return headWith(status, withoutFields(fields, replaced), received, timing.receivedAt)
}

/** A stored response of a draft; takes over the hold on the body. */
export function keptOf(base: CacheKey, number: number, draft: Draft, body: Body): Kept {
  const { head, variant, life, extent } = draft
  const { status, fields, etag, lastModified, date } = head
  const { bornAt, freshUntil, revalidateUntil, staleUntil, usefulUntil } = timesOf(life, head)
  // Written out, as in landing.ts.
  return {
    status,
    fields,
    length: body.length,
    etag,
    lastModified,
    date,
    key: `${base} #${number}`,
    rule: resource,
    body,
    bornAt,
    freshUntil,
    revalidateUntil,
    staleUntil,
    usefulUntil,
    life,
    base,
    variant,
    extent
  }
}

/** The same response under another head, such as that of a 304; its body is not touched. */
export function renewedKept(kept: Kept, fields: readonly string[], life: Life, now: Milliseconds): Kept {
  const validators = headWith(kept.status, fields, [], now)
  return { ...kept, ...validators, length: kept.length, ...timesOf(life, validators) }
}

/** The answer's Content-Range, where it is that of a single part of a whole whose length is known (RFC 9110 §14.4). */
export function extentOf(received: readonly string[]): (Extent & { readonly length: Bytes }) | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(fieldValue(received, 'content-range') ?? '')
  if (match === null) return undefined
  const [first, last, total] = match.slice(1).map(Number) as [Bytes, Bytes, Bytes]
  return first <= last && last < total ? { first, total, length: last - first + 1 } : undefined
}

/** A response that nothing forbids to be used stale stands in for an origin that is away (RFC 9111 §4.2.4). */
export function withOutage(life: Life, outage: Milliseconds): Life {
  if (life.mustRevalidate) return life
  return { ...life, staleUntil: Math.max(life.staleUntil, life.freshUntil + outage) }
}

function timesOf(
  life: Life,
  { etag, lastModified }: ResponseHead
): Required<Omit<StoredResponse, keyof ResponseHead | 'key' | 'rule' | 'body'>> & { life: Life } {
  const { bornAt, freshUntil, revalidateUntil, staleUntil } = life
  const isValidatable = etag !== undefined || lastModified !== undefined
  const usefulUntil = Math.max(staleUntil, freshUntil + (isValidatable ? usefulFor : 0))
  return { life, bornAt, freshUntil, revalidateUntil, staleUntil, usefulUntil }
}

/** What this edge says for itself of everything that it sends. */
const ours = ['age', 'content-length', 'accept-ranges']

function headWith(
  status: number,
  fields: readonly string[],
  received: readonly string[],
  now: Milliseconds
): ResponseHead {
  const dated =
    fieldValue(fields, 'date') === undefined ? [...fields, 'Date', new Date(now).toUTCString()] : fields
  const length = listOf(fieldValue(received, 'content-length') ?? '')[0]
  return {
    status,
    fields: dated,
    length: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
    etag: fieldValue(dated, 'etag'),
    lastModified: dateIn(dated, 'last-modified', now),
    date: dateIn(dated, 'date', now)
  }
}
