import type { Bytes } from '../../cache.ts'
import { fieldValue } from '../../http/fields.ts'
import { updatedFields } from '../../http/update.ts'
import { type Draft, type Extent, extentOf, type Kept } from './kept.ts'

/** What is missing of something of which one part is stored: everything after it, or everything before it. */
export interface Gap {
  readonly part: Kept
  /** The bytes to go before and behind those that are asked for. */
  readonly before: readonly Buffer[]
  readonly after: readonly Buffer[]
  /** The Range that asks for them, and under which condition. */
  readonly fields: readonly string[]
  /** The first byte that is missing. */
  readonly first: Bytes
  /** The draft of the whole, once the rest has been answered. */
  wholeOf(rest: Draft): Draft
}

/**
 * What has to be asked for to complete a stored part, or undefined where that may not be done: parts are combined only
 * under the same strong validator (RFC 9111 §3.4), and only what misses one end is completed by one request.
 */
export function gapOf(part: Kept): Gap | undefined {
  const { extent, body, etag, length } = part
  if (extent === undefined || etag === undefined || etag.startsWith('W/')) return undefined
  const isStart = extent.first === 0
  if (!isStart && extent.first + length !== extent.total) return undefined
  const range = isStart ? `bytes=${length}-` : `bytes=0-${extent.first - 1}`
  return {
    part,
    before: isStart ? body.views : [],
    after: isStart ? [] : body.views,
    fields: ['Range', range, 'If-Range', etag],
    first: isStart ? length : 0,
    wholeOf: (rest) => whole(part, extent, rest)
  }
}

/** Whether an answer is the rest that was asked for. */
export function completing({ part, first }: Gap, status: number, received: readonly string[]): boolean {
  if (status !== 206 || fieldValue(received, 'etag') !== part.etag) return false
  const extent = extentOf(received)
  const { length, extent: known } = part
  if (extent === undefined || extent.first !== first || extent.total !== known?.total) return false
  return extent.length === extent.total - length
}

/** The newer fields count (RFC 9111 §3.4). */
function whole(part: Kept, { total }: Extent, rest: Draft): Draft {
  const fields = updatedFields(part.fields, rest.head.fields)
  return { ...rest, extent: undefined, head: { ...rest.head, status: 200, length: total, fields } }
}

/** Two stored parts of the same thing that touch: where they lie together, and their bytes; undefined where they do not. */
export function joined(one: Kept, other: Kept): (Extent & { readonly bytes: Buffer }) | undefined {
  const [a, b] = [one, other].sort((x, y) => (x.extent?.first ?? 0) - (y.extent?.first ?? 0)) as [Kept, Kept]
  if (a.extent === undefined || b.extent === undefined || a.extent.total !== b.extent.total) return undefined
  if (one.etag === undefined || one.etag !== other.etag || one.etag.startsWith('W/')) return undefined
  const overlap = a.extent.first + a.length - b.extent.first
  if (overlap < 0) return undefined
  const tail = overlap < b.length ? b.body.slices(overlap, b.length) : []
  return { ...a.extent, bytes: Buffer.concat([...a.body.views, ...tail]) }
}
