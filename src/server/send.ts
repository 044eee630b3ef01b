import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { blockSize } from '../body.ts'
import type { Answered, Bytes, Fill, Milliseconds, ResponseHead, StoredResponse } from '../cache.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { ifRangeHolds, precondition } from '../http/conditional.ts'
import { fieldValue } from '../http/fields.ts'
import { contentRange, parseRange, type SelectedRange, selectRange, unsatisfiedRange } from '../http/range.ts'
import { FillSender, wholeFill } from './fill-sender.ts'
import { paceOf } from './limits/pacing.ts'

/** The fields of plain hits, which are the same for a whole second. */
export interface HitHead {
  readonly second: number
  readonly fields: string[]
}

/** From a stored response to the head of its plain hits. */
const hitHeads = new WeakMap<StoredResponse, HitHead>()

/**
 * Answers from what is stored. The way of every hit: the head is made once a second, the body's blocks are shared with
 * everybody who is sent them, and nothing is copied.
 */
export function sendStored(
  request: IncomingMessage,
  response: ServerResponse,
  stored: StoredResponse,
  how: Answered,
  now: Milliseconds
): void {
  response.sendDate = false
  if (isPlain(request) || stored.status !== 200) {
    const fields = how.kind === 'hit' ? hitHead(stored, now).fields : wholeFields(stored, how, now)
    response.writeHead(stored.status, fields)
    return sendBody(request, response, stored, 0, stored.length)
  }
  const own = [...ownFields(stored, how, now), ...exactAge(request, stored, now)]
  if (isUnchanged(request, stored, now)) {
    response.writeHead(304, [...notModifiedFields(stored), ...own])
    response.end()
    return
  }
  sendSelected(request, response, stored, selection(request, stored, stored.length, now), own)
}

const nothing = Buffer.alloc(0)

/** Answers with a body that is still arriving, from its first byte and at the client's pace. */
export function sendFill(
  request: IncomingMessage,
  response: ServerResponse,
  fill: Fill,
  status: string,
  now: Milliseconds
): void {
  const { head } = fill
  response.sendDate = false
  const own = ['Cache-Status', status]
  const selected: SelectedRange =
    head.length === undefined || head.status !== 200
      ? { kind: 'whole' }
      : selection(request, head, head.length, now)
  if (selected.kind === 'unsatisfiable') return sendUnsatisfiable(response, head, head.length ?? 0, own)
  const [start, end] =
    selected.kind === 'part' ? [selected.start, selected.end + 1] : [0, Number.POSITIVE_INFINITY]
  if (selected.kind === 'part') response.writeHead(206, partFields(head, start, end, head.length ?? 0, own))
  else response.writeHead(head.status, [...head.fields, ...lengthFields(head), ...own])
  // The head tells a player that the segment exists, long before a thin uplink has brought the first block. Not by
  // flushHeaders, which writes it as UTF-8 though its values are bytes.
  response.write(nothing)
  new FillSender(request.socket, response, fill, start, end).start()
}

function sendSelected(
  request: IncomingMessage,
  response: ServerResponse,
  stored: StoredResponse,
  selected: SelectedRange,
  own: string[]
): void {
  switch (selected.kind) {
    case 'whole':
      response.writeHead(200, [...stored.fields, ...lengthFields(stored), ...own])
      return sendBody(request, response, stored, 0, stored.length)
    case 'part': {
      const end = selected.end + 1
      response.writeHead(206, partFields(stored, selected.start, end, stored.length, own))
      return sendBody(request, response, stored, selected.start, end)
    }
    case 'unsatisfiable':
      return sendUnsatisfiable(response, stored, stored.length, own)
  }
}

function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  stored: StoredResponse,
  start: Bytes,
  end: Bytes
): void {
  if (request.method === 'HEAD' || start === end) {
    response.end()
    return
  }
  const { body } = stored
  if (!goesAtOnce(request.socket, end - start))
    return new FillSender(request.socket, response, wholeFill(stored), start, end).start()
  body.hold()
  // 'close' comes when the kernel has taken everything or the connection is gone: only then may the blocks be reused.
  response.on('close', () => body.release())
  const views = start === 0 && end === body.length ? body.views : body.slices(start, end)
  const last = views.length - 1
  for (let i = 0; i < last; i++) response.write(views[i])
  response.end(views[last])
}

/**
 * Whether so much is written at once; otherwise it is sent at the client's pace, or at the one that is set. TLS copies
 * what is written: of a body written at once, each slow client would hold a copy.
 */
export function goesAtOnce(socket: Socket, length: Bytes): boolean {
  return length <= blockSize || !('encrypted' in socket || paceOf(socket) !== undefined)
}

/** Whether so much is to be sent at a pace that is set. */
export function goesAtPace(socket: Socket, length: Bytes): boolean {
  return length > blockSize && paceOf(socket) !== undefined
}

/** A request that asks for everything, as nearly all do. */
function isPlain({ headers }: IncomingMessage): boolean {
  return (
    headers.range === undefined &&
    headers['if-none-match'] === undefined &&
    headers['if-modified-since'] === undefined
  )
}

/** A playlist can change twice within the second that Last-Modified counts in (owncast.md §2.3): it is always sent. */
function isUnchanged(
  { method, headers }: IncomingMessage,
  stored: StoredResponse,
  now: Milliseconds
): boolean {
  const isPlaylist = stored.rule.body === 'playlist'
  const conditions = {
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: isPlaylist ? undefined : headers['if-modified-since']
  }
  return precondition(method ?? 'GET', conditions, stored, now) === 'not-modified'
}

function selection(
  { method, headers }: IncomingMessage,
  head: ResponseHead,
  length: Bytes,
  now: Milliseconds
): SelectedRange {
  if (method !== 'GET' || headers.range === undefined) return { kind: 'whole' }
  if (!ifRangeHolds(headers['if-range'] as string | undefined, head, now)) return { kind: 'whole' }
  return selectRange(parseRange(headers.range), length)
}

/** The head of a plain hit; the same object for all hits of a second. */
export function hitHead(stored: StoredResponse, now: Milliseconds): HitHead {
  const second = Math.floor(now / 1000)
  const known = hitHeads.get(stored)
  if (known?.second === second) return known
  const made = { second, fields: wholeFields(stored, { kind: 'hit' }, now) }
  hitHeads.set(stored, made)
  return made
}

function wholeFields(stored: StoredResponse, how: Answered, now: Milliseconds): string[] {
  return [...stored.fields, ...lengthFields(stored), ...ownFields(stored, how, now)]
}

/**
 * What this edge says of a stored response: its age, and how it came by it. A Cache-Status of an edge nearer to the
 * origin stands among the stored fields, before ours, as RFC 9211 §2 wants it.
 */
export function ownFields(stored: StoredResponse, how: Answered, now: Milliseconds): string[] {
  const age = Math.max(0, Math.floor((now - stored.bornAt) / 1000))
  return ['Age', String(age), 'Cache-Status', describe(stored, how, now)]
}

/** For an edge in front of us that waits for news: Age counts seconds, and a playlist is older in less. */
function exactAge({ headers }: IncomingMessage, { bornAt }: StoredResponse, now: Milliseconds): string[] {
  return headers.prefer === undefined ? [] : ['Edge-Age', String(Math.max(0, Math.round(now - bornAt)))]
}

function lengthFields(head: ResponseHead): string[] {
  // RFC 9110 §8.6: a 204 has none.
  if (head.length === undefined || head.status === 204) return []
  const length = ['Content-Length', String(head.length)]
  return head.status === 200 ? [...length, 'Accept-Ranges', 'bytes'] : length
}

function describe(stored: StoredResponse, how: Answered, now: Milliseconds): string {
  const ttl = (stored.freshUntil - now) / 1000
  switch (how.kind) {
    case 'hit':
      return cacheStatus({ kind: 'hit', ttl })
    case 'fetched':
      return cacheStatus({ kind: 'forwarded', reason: how.reason, stored: true, collapsed: how.collapsed })
    case 'stale':
      return cacheStatus({ kind: 'forwarded', reason: 'stale', ttl, detail: how.detail })
  }
}

/** What a 304 repeats (RFC 9110 §15.4.5). */
function notModifiedFields(stored: StoredResponse): string[] {
  const fields: string[] = []
  for (const name of [
    'Cache-Control',
    'Date',
    'ETag',
    'Expires',
    'Last-Modified',
    'Vary',
    'Access-Control-Allow-Origin'
  ]) {
    const value = fieldValue(stored.fields, name.toLowerCase())
    if (value !== undefined) fields.push(name, value)
  }
  return fields
}

function partFields(head: ResponseHead, start: Bytes, end: Bytes, length: Bytes, own: string[]): string[] {
  const part = [
    'Content-Length',
    String(end - start),
    'Content-Range',
    contentRange(start, end - 1, length),
    'Accept-Ranges',
    'bytes'
  ]
  return [...head.fields, ...part, ...own]
}

function sendUnsatisfiable(response: ServerResponse, head: ResponseHead, length: Bytes, own: string[]): void {
  const allow = fieldValue(head.fields, 'access-control-allow-origin')
  const cors = allow === undefined ? [] : ['Access-Control-Allow-Origin', allow]
  response.writeHead(416, ['Content-Range', unsatisfiedRange(length), 'Content-Length', '0', ...cors, ...own])
  response.end()
}
