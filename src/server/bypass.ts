import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PassedExchange } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { fieldLines, withoutFields, withoutHopByHop } from '../http/fields.ts'
import { withoutSpoofable } from '../http/forwarded.ts'
import { type PassedRequest, passedRequest } from '../passage.ts'
import { isMediaTarget } from '../policy.ts'
import type { Trust } from './client-address.ts'
import { sendError, sendProblem } from './error.ts'
import { hasBody } from './has-body.ts'
import { passOn } from './interim.ts'

/** What sends passed requests: the shape that @fastify/reply-from asks of an undici. */
export interface Requester {
  request(...args: never[]): void
}

/** The target with which a request came that goes past the cache; the router sees `/` only. */
const givenTarget = Symbol('given target')
/** The client of a request that is being passed on: whether it has left, and how to tell it something before its answer. */
const client = Symbol('client')

/**
 * What is known of a request stands on it. In a WeakMap, everything that belongs to a request would stay until the next great
 * collection: whatever an old map holds is alive for the small ones.
 */
interface Marked extends IncomingMessage {
  [givenTarget]?: string
  [client]?: Pick<PassedRequest, 'gone' | 'informed'>
}

/** What the way past the cache needs to know beside the origin. */
export interface BypassOptions {
  readonly origin: URL
  readonly requester: Requester
  readonly trust: Trust
  /** What the origin is told as Host; without it, what the client said. */
  readonly host: string | undefined
  /** The origin has answered, and the client has not heard of it yet. */
  readonly passed: (exchange: PassedExchange) => void
}

/** Hides from the router what it would judge or change; see passedOn. */
export function prepareForBypass(request: Marked): void {
  request[givenTarget] = request.url ?? '/'
  request.url = '/'
}

/**
 * Registers the way past the cache: every method, streaming both ways, the request as the client sent it but for the
 * fields of one connection and those that only the edge may say.
 */
export async function registerBypass(
  app: FastifyInstance,
  { origin, requester, trust, host, passed }: BypassOptions
): Promise<void> {
  // Bodies are not the router's to read: they are passed on as they come.
  for (const method of METHODS.filter((method) => method !== 'CONNECT'))
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  await app.register(httpProxy, {
    upstream: origin.origin,
    undici: requester as never,
    httpMethods: app.supportedMethods as never,
    disableRequestLogging: true,
    internalRewriteLocationHeader: false,
    // It would ask again after a 503, and some of Owncast's GETs change things.
    retryMethods: [],
    handler: (request: FastifyRequest, reply: FastifyReply, _target: string, options: object) => {
      if (hasManyHosts(request.raw)) return refuseHosts(reply)
      const gone = new AbortController()
      reply.raw.on('close', () => {
        // The error that it makes costs more than all else here; who has everything needs none.
        if (!reply.raw.writableFinished || !request.raw.complete) gone.abort()
      })
      const marked: Marked = request.raw
      marked[client] = {
        gone: gone.signal,
        informed: (status, fields) => passOn(request.raw, reply.raw, status, fields)
      }
      return reply.from('/', options)
    },
    replyOptions: {
      rewriteRequestHeaders: (request) =>
        ({ [passedRequest]: passedOn(request.raw as IncomingMessage, trust, host) }) as never,
      rewriteHeaders: (fields, request) => answeredFields(fields, request as FastifyRequest | undefined),
      onResponse: (_request, reply, { stream }) => {
        passed(exchangeOf(reply as FastifyReply, host ?? ''))
        begin(reply as FastifyReply, stream)
      },
      onError: (reply, { error }) => answerFailure(reply as FastifyReply, error)
    }
  } as Parameters<typeof httpProxy>[1])
}

function passedOn(request: Marked, trust: Trust, host: string | undefined): PassedRequest {
  const fields = forwardedFields(request, trust, host)
  const isWithBody = hasBody(request)
  const dropped = isWithBody ? ['expect'] : ['expect', 'content-length']
  return {
    target: targetOf(request),
    fields: withoutFields(fields, dropped),
    body: isWithBody ? bodyOf(request) : null,
    ...(request[client] as Pick<PassedRequest, 'gone' | 'informed'>)
  }
}

/** Apart from the request: an origin that answers before it has read everything ends this, not the client's connection. */
function bodyOf(request: IncomingMessage): Readable {
  const body = new PassThrough()
  request.pipe(body)
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('the client broke off'))
  })
  return body
}

/** What was asked and answered, for whoever keeps what that may change. */
function exchangeOf(reply: FastifyReply, host: string): PassedExchange {
  const { raw } = reply.request
  const fields = Object.entries(reply.getHeaders()).flatMap(([name, value]) => [name, String(value)])
  return { method: raw.method ?? 'GET', host, target: targetOf(raw), status: reply.statusCode, fields }
}

function targetOf(request: Marked): string {
  return request[givenTarget] ?? '/'
}

/** A request with more than one Host means something else to everybody who reads it (RFC 9112 §3.2). */
export function hasManyHosts({ rawHeaders }: IncomingMessage): boolean {
  return fieldLines(rawHeaders, 'host').length > 1
}

function refuseHosts(reply: FastifyReply): void {
  reply.hijack()
  const problem = { error: 'The request has more than one Host.', code: 'many-hosts' }
  sendProblem(reply.raw as ServerResponse, 400, problem, false)
}

/** The client's end-to-end fields with exactly one bare X-Forwarded-For and nothing it could spoof (owncast.md §8.3). */
export function forwardedFields(request: IncomingMessage, trust: Trust, host?: string): string[] {
  const fields = withoutSpoofable(withoutHopByHop(request.rawHeaders))
  if (host !== undefined) fields.splice(0, fields.length, 'Host', host, ...withoutFields(fields, ['host']))
  fields.push('X-Forwarded-For', trust.addressOf(request), 'X-Forwarded-Proto', trust.schemeOf(request))
  return fields
}

type AnsweredFields = Record<string, string | string[] | undefined>

/** The origin's fields without those of its connection, and how they came here. Any site may read what is media (§8.15). */
function answeredFields(fields: AnsweredFields, request?: FastifyRequest): AnsweredFields {
  const named = String(fields.connection ?? '')
    .toLowerCase()
    .split(',')
  const kept: AnsweredFields = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!oneConnection.has(name) && !named.some((other) => other.trim() === name)) kept[name] = value
  }
  const inner = fields['cache-status']
  const own = cacheStatus({ kind: 'forwarded', reason: 'bypass' })
  kept['cache-status'] = inner === undefined ? own : `${inner}, ${own}`
  if (request !== undefined && isMediaTarget(targetOf(request.raw))) kept['access-control-allow-origin'] = '*'
  return kept
}

const oneConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'te'
])

const nothing = Buffer.alloc(0)

/** The head goes out at once: whoever listens for events learns that it is heard before the first one. */
function begin(reply: FastifyReply, body: unknown): void {
  reply.send(body)
  // Not flushHeaders, which writes the head as UTF-8 though its values are bytes.
  if (!reply.raw.headersSent) reply.raw.write(nothing)
}

function answerFailure(reply: FastifyReply, error: Error): void {
  const cause = error.cause instanceof OriginError ? error.cause : new OriginError('unusable', error.message)
  reply.hijack()
  sendError(reply.raw as ServerResponse, cause, isMediaTarget(targetOf(reply.request.raw)))
}
