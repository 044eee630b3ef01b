import { cacheStatus } from '../http/cache-status.ts'

/** Of the answer to a ping, which is what Owncast's is (owncast.md §2.6). */
export const pingFields = ['Content-Length', '0', 'Cache-Status', cacheStatus({ kind: 'hit', ttl: 0 })]

/** Of the answer to a preflight, which Owncast does not know (owncast.md §2.3). */
export const preflightFields = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers',
  'Range, If-None-Match, If-Modified-Since, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session',
  'Access-Control-Max-Age',
  '86400',
  'Cache-Status',
  cacheStatus({ kind: 'hit', ttl: 86400 })
]
