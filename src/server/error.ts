import type { ServerResponse } from 'node:http'
import type { Seconds } from '../cache.ts'
import type { OriginError } from '../errors.ts'
import { cacheStatus } from '../http/cache-status.ts'

/** What a client is told when the origin failed: a status and a sentence, readable across origins where the media is. */
export function sendError(response: ServerResponse, error: OriginError, crossOrigin: boolean): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  sendProblem(response, error.status, { error: error.message, code: error.code }, crossOrigin)
}

/** A short JSON answer of the edge's own. */
export function sendProblem(
  response: ServerResponse,
  status: number,
  problem: { error: string; code: string; retryAfter?: Seconds },
  crossOrigin: boolean
): void {
  const { error, code, retryAfter } = problem
  const body = Buffer.from(`${JSON.stringify({ error, code })}\n`)
  const retry = retryAfter === undefined ? [] : ['Retry-After', String(retryAfter)]
  const cors = crossOrigin ? ['Access-Control-Allow-Origin', '*'] : []
  response.writeHead(status, [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'Cache-Status',
    cacheStatus({ kind: 'forwarded', reason: 'uri-miss', detail: code }),
    ...retry,
    ...cors
  ])
  response.end(body)
}
