import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Milliseconds, Reply, ResponseHead } from '../cache.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { contentRange } from '../http/range.ts'
import { FillSender, wholeFill } from './fill-sender.ts'
import { ownFields } from './send.ts'

/** Answers a range from a stored part that holds all of it. */
export function sendPart(
  request: IncomingMessage,
  response: ServerResponse,
  { response: stored, first, start, end, total }: Extract<Reply, { kind: 'part' }>,
  now: Milliseconds
): void {
  response.sendDate = false
  response.writeHead(206, [
    ...stored.fields,
    ...['Content-Length', String(end - start), 'Content-Range', contentRange(start, end - 1, total)],
    ...['Accept-Ranges', 'bytes'],
    ...ownFields(stored, { kind: 'hit' }, now)
  ])
  new FillSender(request.socket, response, wholeFill(stored), start - first, end - first).start()
}

/** Answers a HEAD as the origin did. */
export function sendHead(response: ServerResponse, { status, fields, length }: ResponseHead): void {
  response.sendDate = false
  const stated = length === undefined ? [] : ['Content-Length', String(length)]
  const own = ['Cache-Status', cacheStatus({ kind: 'forwarded', reason: 'method' })]
  response.writeHead(status, [...fields, ...stated, ...own])
  response.end()
}
