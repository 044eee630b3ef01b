import type { IncomingMessage } from 'node:http'
import { type Milliseconds, rangeOf, type StoredResponse, type Wanted } from '../cache.ts'
import { preferredCoding } from '../http/accept-encoding.ts'
import type { Route } from '../policy.ts'

/** No client is kept waiting for longer than this for something new. */
const longestWait: Milliseconds = 15_000

type StoredRoute = Extract<Route, { kind: 'stored' }>

/** What a request wants that may be answered from the store. */
export function wantedOf(
  request: IncomingMessage,
  { rule, key, target, keyedBy, source, growing }: StoredRoute
): Wanted {
  const { headers } = request
  if (keyedBy === 'target') {
    const wanted = { key, target, rule, coding: 'identity', host: undefined, ...(source && { source }) }
    const [range] = (growing && /^bytes=\d{1,16}-\d{0,16}$/.exec(headers.range ?? '')) ?? []
    return range === undefined ? wanted : rangeOf(wanted, range)
  }
  const coding = preferredCoding(headers['accept-encoding'] as string | undefined, ['br', 'gzip'])
  if (keyedBy === 'coding') return { key: `${key} ${coding}`, target, rule, coding, host: undefined }
  return { key: `${key} ${coding} ${headers.host}`, target, rule, coding, host: headers.host }
}

/** How long a client would wait for something newer than the playlist it has (RFC 7240 §4.3). */
export function preferredWait({ headers }: IncomingMessage, { rule, etag }: StoredResponse): Milliseconds {
  if (headers.prefer === undefined || rule.kind !== 'media-playlist') return 0
  if (etag === undefined || headers['if-none-match'] !== etag) return 0
  const [, seconds = '0'] = /\bwait=(\d{1,3})\b/.exec(String(headers.prefer)) ?? []
  return Math.min(Number(seconds) * 1000, longestWait)
}
