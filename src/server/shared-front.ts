import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CacheKey, Clock, Inquiry, Reply, SharedCache } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { codedFor } from './coded.ts'
import type { Answer } from './counters.ts'
import { sendError, sendProblem } from './error.ts'
import { passOn } from './interim.ts'
import { sendFill, sendStored } from './send.ts'
import { sendHead, sendPart } from './send-part.ts'

/** What answering by RFC 9111 needs of the front. */
export interface SharedFrontOptions {
  readonly cache: SharedCache
  readonly clock: Clock
  /** The fields that go on to the origin. */
  forwarded(request: IncomingMessage): string[]
  /** False where the request has been refused, and answered. */
  mayAskOrigin(request: IncomingMessage, response: ServerResponse): boolean
  count(response: ServerResponse, answer: Answer): void
  pass(request: IncomingMessage, response: ServerResponse, answer: Answer): void
}

const onlyOrigin = ['if-match', 'if-unmodified-since']

/** Answers what nothing is known of beforehand, as a shared cache by RFC 9111. */
export class SharedFront {
  readonly #options: SharedFrontOptions

  constructor(options: SharedFrontOptions) {
    this.#options = options
  }

  answer(request: IncomingMessage, response: ServerResponse, key: CacheKey): void {
    const { cache, pass, mayAskOrigin } = this.#options
    // Preconditions of changes are the origin's to judge (RFC 9111 §4.3.2).
    if (onlyOrigin.some((name) => name in request.headers)) return pass(request, response, 'bypass')
    const inquiry = this.#inquiryOf(request, response, key)
    const found = cache.find(inquiry)
    if (found !== undefined) return this.#send(request, response, found)
    if (mayAskOrigin(request, response)) void this.#ask(request, response, inquiry)
  }

  #inquiryOf(request: IncomingMessage, response: ServerResponse, key: CacheKey): Inquiry {
    return {
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      key,
      fields: request.rawHeaders,
      forwarded: () => this.#options.forwarded(request),
      informed: (status, fields) => passOn(request, response, status, fields)
    }
  }

  async #ask(request: IncomingMessage, response: ServerResponse, inquiry: Inquiry): Promise<void> {
    try {
      const reply = await this.#options.cache.ask(inquiry)
      if (!response.destroyed) this.#send(request, response, reply)
    } catch (error) {
      if (!(error instanceof OriginError)) throw error
      this.#options.count(response, 'failed')
      sendError(response, error, false)
    }
  }

  #send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
    const { clock, count, pass } = this.#options
    const now = clock.now()
    const { range, 'accept-encoding': accepted } = request.headers
    const acceptEncoding = accepted as string | undefined
    if (reply.kind === 'uncacheable') return pass(request, response, 'uncacheable')
    count(response, answerOf(reply))
    switch (reply.kind) {
      case 'stored':
        return sendStored(request, response, codedFor(reply.response, acceptEncoding, range), reply.how, now)
      case 'part':
        return sendPart(request, response, reply, now)
      case 'filling':
        return sendFill(request, response, reply.fill, cacheStatus(reply.why), now)
      case 'head':
        return sendHead(response, reply.head)
      case 'unsatisfied':
        return sendProblem(
          response,
          504,
          { error: 'Nothing is stored for this request.', code: 'only-if-cached' },
          false
        )
    }
  }
}

function answerOf(reply: Exclude<Reply, { kind: 'uncacheable' }>): Answer {
  switch (reply.kind) {
    case 'stored':
      if (reply.how.kind === 'fetched') return reply.how.collapsed ? 'collapsed' : 'miss'
      return reply.how.kind
    case 'filling':
      return reply.why.kind === 'forwarded' && reply.why.collapsed ? 'collapsed' : 'miss'
    case 'part':
      return 'hit'
    case 'head':
      return 'miss'
    case 'unsatisfied':
      return 'failed'
  }
}
