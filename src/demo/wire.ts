import type { Seconds } from '../cache.ts'
import { type Answer, type Fields, goError } from './answer.ts'
import { codingFor, compress } from './compress.ts'
import type { Received } from './received.ts'
import { cutRope, type Rope, ropeLength } from './rope.ts'

/** A response as it goes out: conditions, range and compression are settled. */
export interface Wire {
  readonly status: number
  readonly fields: Fields
  readonly body: Rope
}

/**
 * What Go's http.ServeContent and httpcompression, in that order, make of an answer. When the request would take a coding
 * that Owncast has, its Range is forgotten, whether or not the body ends up compressed (owncast.md §2.2).
 */
export async function settle(request: Received, answer: Answer): Promise<Wire> {
  const coding = codingFor(request.headers['accept-encoding'])
  const { status, fields, body } = select(request, answer, coding)
  const sent: Fields = { ...fields, Vary: 'Accept-Encoding' }
  if (status === 304 || status === 204) return { status, fields: sent, body: [] }
  const packed = coding === undefined || request.method === 'HEAD' ? undefined : await compress(coding, body)
  if (packed !== undefined)
    return { status, fields: { ...sent, 'Content-Encoding': coding! }, body: [packed] }
  return { status, fields: { ...sent, 'Content-Length': String(ropeLength(body)) }, body }
}

function select(request: Received, answer: Answer, coding: string | undefined): Wire {
  const { status, fields, body, modifiedAt, ranges } = answer
  const mtime = modifiedAt === undefined ? undefined : Math.floor(modifiedAt / 1000)
  const dated: Fields = mtime === undefined ? fields : { ...fields, 'Last-Modified': httpDate(mtime) }
  if (status === 200 && isUnchanged(request, mtime)) {
    const { 'Content-Type': _, ...others } = dated
    return { status: 304, fields: others, body: [] }
  }
  if (status !== 200 || ranges === undefined || coding !== undefined) return { status, fields: dated, body }
  return takeRange(request, { ...dated, 'Accept-Ranges': 'bytes' }, body, mtime)
}

function httpDate(seconds: Seconds): string {
  return new Date(seconds * 1000).toUTCString()
}

/** RFC 9110 §13.1.3. There are no entity tags, so an If-None-Match never matches, but it takes precedence. */
function isUnchanged({ method, headers }: Received, mtime: Seconds | undefined): boolean {
  const since = headers['if-modified-since']
  if (mtime === undefined || since === undefined || headers['if-none-match'] !== undefined) return false
  return (method === 'GET' || method === 'HEAD') && mtime <= Date.parse(since) / 1000
}

/** RFC 9110 §14.2, one range only: several are answered as if there were none. */
function takeRange({ headers }: Received, fields: Fields, body: Rope, mtime: Seconds | undefined): Wire {
  const [, from, to] = headers.range?.match(/^bytes=(\d*)-(\d*)$/) ?? []
  const condition = headers['if-range']?.toString()
  const holds = condition === undefined || (mtime !== undefined && Date.parse(condition) / 1000 === mtime)
  if (!holds || from === undefined || to === undefined || from + to === '')
    return { status: 200, fields, body }
  const length = ropeLength(body)
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from)
  const last = from === '' || to === '' ? length - 1 : Math.min(length - 1, Number(to))
  if (first > last) {
    const refused = goError(416, 'invalid range: failed to overlap', fields)
    return { ...refused, fields: { ...refused.fields, 'Content-Range': `bytes */${length}` } }
  }
  const range = { 'Content-Range': `bytes ${first}-${last}/${length}` }
  return { status: 206, fields: { ...fields, ...range }, body: cutRope(body, first, last + 1) }
}
