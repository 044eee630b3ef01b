import type { StoredResponse, Visitor, Wanted } from '../cache.ts'
import { fieldValue } from '../http/fields.ts'

/**
 * The fields of a request for something that may be stored: nothing of the client's but its identity, which Owncast
 * counts viewers by (owncast.md §4.4), so that nothing a client sends can shape what others get.
 */
export function requestFields(
  wanted: Wanted,
  visitor: Visitor,
  before: StoredResponse | undefined,
  originHost: string
): string[] {
  const fields = ['Host', wanted.host ?? originHost, 'Accept', '*/*', 'Accept-Encoding', wanted.coding]
  // A bucket has no business knowing who watches.
  if (wanted.source === undefined && visitor.userAgent !== undefined)
    fields.push('User-Agent', visitor.userAgent)
  if (wanted.source === undefined) fields.push('X-Forwarded-For', visitor.address)
  if (wanted.rule.conditional && before !== undefined && before.status === 200)
    fields.push(...conditions(before))
  if (wanted.range !== undefined) fields.push('Range', wanted.range)
  if (wanted.wait !== undefined && before?.etag !== undefined)
    fields.push('If-None-Match', before.etag, 'Prefer', `wait=${Math.ceil(wanted.wait / 1000)}`)
  return fields
}

/** The validators of what is stored, as they came (RFC 9110 §13.1). */
function conditions(before: StoredResponse): string[] {
  const fields: string[] = []
  const modified = fieldValue(before.fields, 'last-modified')
  if (before.etag !== undefined) fields.push('If-None-Match', before.etag)
  if (modified !== undefined) fields.push('If-Modified-Since', modified)
  return fields
}
