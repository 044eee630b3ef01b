import type { CacheKey, Inquiry, Milliseconds } from '../../cache.ts'
import type { CacheControl } from '../../http/cache-control.ts'
import { fieldValue } from '../../http/fields.ts'
import type { RangeSpec } from '../../http/range.ts'
import { isSelected } from '../../http/vary.ts'
import type { Kept } from './kept.ts'

/** An inquiry with what has been read of it, and what is stored for it. */
export interface Question {
  readonly inquiry: Inquiry
  readonly control: CacheControl
  readonly range: RangeSpec | undefined
  readonly kept: Kept | undefined
}

/** What requests must share to be answered by one fetch: the key and the range. */
export function errandName({ key, fields }: Pick<Inquiry, 'key' | 'fields'>): CacheKey {
  const range = fieldValue(fields, 'range')
  return range === undefined ? key : `${key} ${range}`
}

/** A part is for those who asked for just that part. */
export function isSameRange(one: Inquiry, other: Inquiry): boolean {
  return errandName(one) === errandName(other)
}

const conditional = new Set(['if-none-match', 'if-modified-since', 'if-match', 'if-unmodified-since'])
const ranged = new Set(['range', 'if-range'])

/** The fields for the origin: the client's conditions are judged here, its range too where the whole is asked for. */
export function fieldsFor({ inquiry, range, kept }: Question): string[] {
  if (inquiry.method === 'HEAD') return inquiry.forwarded()
  const keepsRange = range !== undefined && kept === undefined
  const fields = inquiry.forwarded().filter((_, i, all) => {
    const name = (all[i - (i % 2)] as string).toLowerCase()
    return !conditional.has(name) && (keepsRange || !ranged.has(name))
  })
  return [...fields, ...validatorsOf(kept)]
}

/** The validators of what is stored (RFC 9111 §4.3.1). */
function validatorsOf(kept: Kept | undefined): string[] {
  if (kept === undefined || kept.hasOwnEtag) return []
  const modified = fieldValue(kept.fields, 'last-modified')
  const etag = kept.etag === undefined ? [] : ['If-None-Match', kept.etag]
  return modified === undefined ? etag : [...etag, 'If-Modified-Since', modified]
}

/** Whether a stored part may be completed for an inquiry about the whole. */
export function isCompletable(
  { extent, variant, life }: Kept,
  { fields }: Inquiry,
  now: Milliseconds
): boolean {
  return extent !== undefined && now < life.freshUntil && isSelected(variant, fields)
}
