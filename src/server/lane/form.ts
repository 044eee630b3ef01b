import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bytes, Visitor, Wanted } from '../../cache.ts'

/** From a request target to what it wants, for clients with the same Accept-Encoding. */
export type KnownTargets = Map<string, Wanted>

/** What a client's plain GETs look like: everything in them but the target. */
export interface Form {
  /** The bytes after the target, from the space before the version to the empty line. */
  readonly tail: Buffer
  /** The length of the longest method and target with which node:http has accepted it, which has its limits. */
  longest: Bytes
  readonly known: KnownTargets
  readonly visitor: Visitor
  readonly acceptEncoding: string | undefined
  readonly referer: string | undefined
}

/** Whether the bytes at this place of a chunk are the form's; false where there is no place. Compared in C++, which here is much faster than strings. */
export function hasTailAt(chunk: Buffer, at: number, { tail }: Form): boolean {
  const end = at + tail.length
  return at >= 0 && end <= chunk.length && chunk.compare(tail, 0, tail.length, at, end) === 0
}

/** Fields with which a request is not a plain one, or may not be. */
const unplain = [
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'http2-settings',
  'te',
  'trailer',
  'prefer'
]

/** Whether a request that was answered with a whole stored response would be answered so again: it asks for nothing more. */
export function isRepeatable(
  { method, httpVersion, headers }: IncomingMessage,
  response: ServerResponse
): boolean {
  if (method !== 'GET' || httpVersion !== '1.1' || !response.shouldKeepAlive) return false
  for (const name in headers) if (name.startsWith('if-')) return false
  if (headers.range !== undefined || headers.authorization !== undefined) return false
  return unplain.every((name) => headers[name] === undefined)
}
