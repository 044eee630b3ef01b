import type { Milliseconds, Seconds } from '../cache.ts'
import { type CacheControl, deltaSeconds } from './cache-control.ts'
import { parseHttpDate } from './date.ts'
import { fieldLines, listOf, type RawFields } from './fields.ts'
import { isHeuristicallyCacheable } from './storing.ts'
import type { Governing } from './targeted.ts'

/** When a request was sent to the origin and when the head of its answer came. */
export interface Timing {
  readonly requestedAt: Milliseconds
  readonly receivedAt: Milliseconds
}

/** What a stored response may be used for, and until when. All moments are exclusive: at `freshUntil` it is stale. */
export interface Life {
  /** When the origin made it; its age is counted from here. */
  readonly bornAt: Milliseconds
  readonly freshUntil: Milliseconds
  /** Until when it may be used while it is revalidated (RFC 5861 §3). */
  readonly revalidateUntil: Milliseconds
  /** Until when it may be used in place of an error (RFC 5861 §4). */
  readonly staleUntil: Milliseconds
  /** It may never be used stale, whoever asks (RFC 9111 §4.2.4). */
  readonly mustRevalidate: boolean
}

/** The life of a response that may be stored (RFC 9111 §4.2). A `no-cache` one is born stale. */
export function lifeOf(status: number, fields: RawFields, directives: Governing, timing: Timing): Life {
  const { control } = directives
  const bornAt = birthOf(fields, timing.requestedAt)
  const lifetime = control.noCache ? 0 : freshnessLifetime(status, fields, directives, timing.receivedAt)
  const mustRevalidate = forbidsStale(control)
  const freshUntil = bornAt + lifetime * 1000
  const staleUntilAfter = (seconds: Seconds = 0) =>
    mustRevalidate ? freshUntil : freshUntil + seconds * 1000
  return {
    bornAt,
    freshUntil,
    revalidateUntil: staleUntilAfter(control.staleWhileRevalidate),
    staleUntil: staleUntilAfter(control.staleIfError),
    mustRevalidate
  }
}

/**
 * How long a response is fresh, counted from its birth (RFC 9111 §4.2.1): s-maxage, max-age, Expires less Date, or a guess.
 * What is invalid makes it stale.
 */
export function freshnessLifetime(
  status: number,
  fields: RawFields,
  { control, targeted }: Governing,
  receivedAt: Milliseconds
): Seconds {
  const explicit = control.sMaxage ?? control.maxAge
  if (explicit !== undefined) return explicit
  // Without a Date that can be read the moment of receipt stands for it (RFC 9110 §6.6.1).
  const date = dateIn(fields, 'date', receivedAt) ?? receivedAt
  if (!targeted && fieldLines(fields, 'expires').length > 0) {
    const expires = dateIn(fields, 'expires', receivedAt)
    return expires === undefined ? 0 : Math.max(0, (expires - date) / 1000)
  }
  return control.public || isHeuristicallyCacheable(status) ? heuristicLifetime(fields, date, receivedAt) : 0
}

const longestGuess: Seconds = 24 * 3600

/** A tenth of the time since it was last changed (RFC 9111 §4.2.2), a day at the most; nothing without Last-Modified. */
function heuristicLifetime(fields: RawFields, date: Milliseconds, now: Milliseconds): Seconds {
  const modified = dateIn(fields, 'last-modified', now)
  return modified === undefined ? 0 : Math.min(longestGuess, Math.max(0, (date - modified) / 10_000))
}

/**
 * When the origin made a response: when it was asked for, less its Age (the corrected age value of RFC 9111 §4.2.3).
 * Date is left out, as that section allows: the clocks of home servers differ, and a second of difference is the whole
 * life of a playlist.
 */
export function birthOf(fields: RawFields, requestedAt: Milliseconds): Milliseconds {
  return requestedAt - ageIn(fields) * 1000
}

/** Of a list the first member counts, and what is no number not at all (RFC 9111 §5.1). */
function ageIn(fields: RawFields): Seconds {
  return deltaSeconds(listOf(fieldLines(fields, 'age')[0] ?? '')[0]) ?? 0
}

/** RFC 9111 §4.2.4; s-maxage is in it because it says what proxy-revalidate says (§5.2.2.10). */
function forbidsStale(control: CacheControl): boolean {
  return control.noCache || control.mustRevalidate || control.proxyRevalidate || control.sMaxage !== undefined
}

/** The date in the first line of a field: of several either that one or none is to count (RFC 9111 §4.2.1). */
function dateIn(fields: RawFields, name: string, now: Milliseconds): Milliseconds | undefined {
  const line = fieldLines(fields, name)[0]
  return line === undefined ? undefined : parseHttpDate(line, now)
}
