import type { Milliseconds } from '../cache.ts'
import type { Rope } from './rope.ts'

export type Fields = Readonly<Record<string, string>>

/** What a route says, before conditions, ranges and compression. Functions, since the same may be sent often. */
export interface Answer {
  readonly status: number
  readonly fields: Fields
  readonly body: Rope
  /** Files have one: they answer conditional requests. */
  readonly modifiedAt?: Milliseconds
  /** Whether single ranges may be taken out of it, as http.ServeContent allows. */
  readonly ranges?: true
  /** Server-sent events: called once with a way to send, returns how to stop. */
  readonly events?: (send: (event: string) => void) => () => void
}

/** router/middleware/caching.go: DisableCache. */
export const noStore: Fields = {
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Expires: 'Thu, 1 Jan 1970 00:00:00 GMT'
}

/** router/middleware/caching.go: SetCachingHeaders. */
export function maxAge(seconds: number): Fields {
  return { 'Cache-Control': `public, max-age=${seconds}` }
}

/** router/middleware/cors.go: EnableCors. */
export const anyOrigin: Fields = { 'Access-Control-Allow-Origin': '*' }

export function text(status: number, fields: Fields, body: string): Answer {
  return { status, fields, body: body === '' ? [] : [Buffer.from(body)] }
}

/** JSON as Go's encoder writes it, with a newline at its end. */
export function json(status: number, fields: Fields, value: unknown): Answer {
  return text(status, { 'Content-Type': 'application/json', ...fields }, `${JSON.stringify(value)}\n`)
}

/** Go's http.Error. It keeps the fields that were set before it, Cache-Control too (owncast.md §2.3). */
export function goError(status: number, message: string, fields: Fields = {}): Answer {
  const own = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }
  return text(status, { ...fields, ...own }, `${message}\n`)
}

export function notFound(fields: Fields = {}): Answer {
  return goError(404, '404 page not found', fields)
}
