import type { Milliseconds } from '../cache.ts'
import { parseHttpDate } from './date.ts'
import { fieldValue, type RawFields, withoutHopByHop } from './fields.ts'

/** Something stored that a 304 may be about. */
export interface Candidate {
  readonly fields: RawFields
}

/** What belongs to the stored body, not to its description: a 304 cannot change it (RFC 9111 §3.2). */
const ofTheBody: ReadonlySet<string> = new Set(['content-length', 'content-encoding', 'content-range'])

/**
 * The stored fields as a 304, or the answer to a HEAD, leaves them (RFC 9111 §3.2): what it gives replaces all lines of the
 * same name. Age goes where it is not given again, because the new response was made without one.
 */
export function updatedFields(stored: RawFields, received: RawFields): string[] {
  const given = withoutHopByHop(received)
  const replaced = new Set(['age'])
  for (let i = 0; i < given.length; i += 2) replaced.add(given[i]!.toLowerCase())
  for (const name of ofTheBody) replaced.delete(name)
  const kept = stored.filter((_, i) => !replaced.has(stored[i - (i % 2)]!.toLowerCase()))
  return [...kept, ...given.filter((_, i) => !ofTheBody.has(given[i - (i % 2)]!.toLowerCase()))]
}

/**
 * Which of the stored responses a 304 updates (RFC 9111 §4.3.4): all with the same strong validator; or, if it brings only
 * weak ones, the latest with the same; or, if it brings none, the only one there is, if that has none either.
 */
export function selectedForUpdate<T extends Candidate>(
  stored: readonly T[],
  received: RawFields,
  now: Milliseconds
): readonly T[] {
  const validators = validatorsIn(received, now)
  if (validators.etag === undefined && validators.lastModified === undefined) {
    return stored.length === 1 && hasNoValidator(stored[0]!, now) ? stored : []
  }
  const same = stored.filter((one) => isSame(validatorsIn(one.fields, now), validators))
  if (isStrong(validators)) return same
  const latest = same.toSorted((one, other) => dateOf(other, now) - dateOf(one, now))[0]
  return latest === undefined ? [] : [latest]
}

/** Whether the 200 to a HEAD describes what is stored and may update it; otherwise that is stale (RFC 9111 §4.3.5). */
export function agreesWithHead(stored: RawFields, head: RawFields): boolean {
  return ['etag', 'last-modified', 'content-length'].every((name) => {
    const value = fieldValue(head, name)
    return value === undefined || value === fieldValue(stored, name)
  })
}

interface ValidatorsAndDate {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** Whether Last-Modified is a strong validator: a second older than Date (RFC 9110 §8.8.2.2). */
  readonly isDateStrong: boolean
}

function validatorsIn(fields: RawFields, now: Milliseconds): ValidatorsAndDate {
  const lastModified = fieldValue(fields, 'last-modified')
  const modifiedAt = lastModified === undefined ? undefined : parseHttpDate(lastModified, now)
  const date = parseHttpDate(fieldValue(fields, 'date') ?? '', now) ?? now
  const isDateStrong = modifiedAt !== undefined && date - modifiedAt >= 1000
  return { etag: fieldValue(fields, 'etag'), lastModified, isDateStrong }
}

function isStrong({ etag, isDateStrong }: ValidatorsAndDate): boolean {
  return etag === undefined ? isDateStrong : !etag.startsWith('W/')
}

/** By entity tag where both have one, because two that differ are never the same; else by date. */
function isSame(stored: ValidatorsAndDate, received: ValidatorsAndDate): boolean {
  if (received.etag === undefined || stored.etag === undefined) {
    return received.lastModified !== undefined && received.lastModified === stored.lastModified
  }
  if (isStrong(received)) return received.etag === stored.etag
  return received.etag.slice(2) === stored.etag.replace(/^W\//, '')
}

function hasNoValidator(one: Candidate, now: Milliseconds): boolean {
  const { etag, lastModified } = validatorsIn(one.fields, now)
  return etag === undefined && lastModified === undefined
}

function dateOf(one: Candidate, now: Milliseconds): Milliseconds {
  return parseHttpDate(fieldValue(one.fields, 'date') ?? '', now) ?? 0
}
