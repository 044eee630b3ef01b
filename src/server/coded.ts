import type { Codings } from '../body.ts'
import type { StoredResponse } from '../cache.ts'
import { type Coding, preferredCoding } from '../http/accept-encoding.ts'
import { fieldValue, listOf, withoutFields } from '../http/fields.ts'

/** So many values of Accept-Encoding are remembered; browsers send a handful. */
const mostValues = 100
/** From Accept-Encoding to the coding it asks for, of those that a body may have. */
const preferred = new Map<string, Coding>()
/** From a stored response to how it is sent in each coding. */
const views = new WeakMap<StoredResponse, Map<Coding, StoredResponse>>()

/**
 * A stored response in the coding that suits a client, where its body has codings. A range is always one of the body as it
 * is.
 */
export function codedFor(
  stored: StoredResponse,
  acceptEncoding: string | undefined,
  range?: string
): StoredResponse {
  const { codings } = stored.body
  if (codings === undefined) return stored
  const coding = range === undefined ? codingFor(acceptEncoding, codings) : 'identity'
  const known = views.get(stored) ?? new Map<Coding, StoredResponse>()
  views.set(stored, known)
  const view = known.get(coding) ?? viewOf(stored, coding)
  known.set(coding, view)
  return view
}

function codingFor(acceptEncoding = '', codings: Codings): Coding {
  const coding = preferred.get(acceptEncoding) ?? remembered(acceptEncoding)
  return coding !== 'identity' && codings[coding] === undefined ? 'identity' : coding
}

function remembered(acceptEncoding: string): Coding {
  const coding = preferredCoding(acceptEncoding, ['br', 'gzip'])
  if (preferred.size >= mostValues) preferred.clear()
  preferred.set(acceptEncoding, coding)
  return coding
}

/** Caches on the way to the client must tell the codings apart, and no two of them have the same validator. */
function viewOf(stored: StoredResponse, coding: Coding): StoredResponse {
  const body = coding === 'identity' ? stored.body : stored.body.codings?.[coding]
  if (body === undefined) return stored
  const fields = withVary(stored.fields)
  if (coding === 'identity') return { ...stored, fields }
  const etag = stored.etag?.replace(/"$/, `-${coding}"`)
  const own = [...withoutFields(fields, ['etag']), 'Content-Encoding', coding]
  if (etag !== undefined) own.push('ETag', etag)
  return { ...stored, fields: own, etag, body, length: body.length }
}

function withVary(fields: readonly string[]): readonly string[] {
  const vary = fieldValue(fields, 'vary')
  const names = listOf((vary ?? '').toLowerCase())
  if (names.includes('accept-encoding') || names.includes('*')) return fields
  const value = vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`
  return [...withoutFields(fields, ['vary']), 'Vary', value]
}
