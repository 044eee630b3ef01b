import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answered, Cache, Clock, Outcome, Wanted } from '../cache.ts'
import { OriginError } from '../errors.ts'
import { preferredCoding } from '../http/accept-encoding.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { isMediaTarget, type Route, route } from '../policy.ts'
import type { Trust } from './client-address.ts'
import type { Answer, ServerCounters } from './counters.ts'
import { sendError } from './error.ts'
import { sendFill, sendStored } from './send.ts'

/** Takes what the front leaves: everything that goes to the origin on behalf of one client. */
export type Bypass = (request: IncomingMessage, response: ServerResponse) => void

export interface FrontOptions {
  readonly cache: Cache
  readonly clock: Clock
  readonly trust: Trust
  readonly counters: ServerCounters
  readonly bypass: Bypass
}

type StoredRoute = Extract<Route, { kind: 'stored' }>

/** Stands before the router: answers from the cache whatever may come from there, and sends the rest on. */
export class Front {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #trust: Trust
  readonly #counters: ServerCounters
  readonly #bypass: Bypass

  constructor({ cache, clock, trust, counters, bypass }: FrontOptions) {
    this.#cache = cache
    this.#clock = clock
    this.#trust = trust
    this.#counters = counters
    this.#bypass = bypass
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return this.#answerOther(request, response)
    if (headers.authorization !== undefined) return this.#pass(request, response, 'bypass')
    const found = route(url, headers['user-agent'])
    if (found.kind === 'bypass') return this.#pass(request, response, 'bypass')
    const wanted = wantedOf(request, found)
    const stored = this.#cache.lookup(wanted.key)
    if (stored !== undefined) {
      this.#counters.answers.hit++
      return sendStored(request, response, stored, { kind: 'hit' }, this.#clock.now())
    }
    // Owncast's answer to a HEAD holds nothing that could be stored.
    if (method === 'HEAD') return this.#pass(request, response, 'bypass')
    void this.#fetch(request, response, wanted)
  }

  #answerOther(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'OPTIONS' && isMediaTarget(request.url ?? ''))
      return this.#answerPreflight(response)
    this.#pass(request, response, 'bypass')
  }

  /** Owncast would answer with the whole body and count a viewer (owncast.md §2.3). */
  #answerPreflight(response: ServerResponse): void {
    this.#counters.answers.hit++
    response.writeHead(204, preflightFields)
    response.end()
  }

  async #fetch(request: IncomingMessage, response: ServerResponse, wanted: Wanted): Promise<void> {
    try {
      const outcome = await this.#cache.fetch(wanted, this.#trust.visitorOf(request))
      if (!response.destroyed) this.#sendOutcome(request, response, outcome)
    } catch (error) {
      if (!(error instanceof OriginError)) throw error
      this.#counters.answers.failed++
      sendError(response, error, wanted.rule.crossOrigin)
    }
  }

  #sendOutcome(request: IncomingMessage, response: ServerResponse, outcome: Outcome): void {
    const now = this.#clock.now()
    switch (outcome.kind) {
      case 'stored':
        this.#counters.answers[answerOf(outcome.how)]++
        return sendStored(request, response, outcome.response, outcome.how, now)
      case 'filling': {
        const { fill, collapsed } = outcome
        this.#counters.answers[collapsed ? 'collapsed' : 'miss']++
        const stored = fill.head.status === 200
        return sendFill(
          request,
          response,
          fill,
          cacheStatus({ kind: 'forwarded', reason: 'uri-miss', stored, collapsed }),
          now
        )
      }
      case 'uncacheable':
        return this.#pass(request, response, 'uncacheable')
    }
  }

  #pass(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    this.#counters.answers[answer]++
    this.#bypass(request, response)
  }
}

function wantedOf(request: IncomingMessage, { rule, key, target, keyedBy }: StoredRoute): Wanted {
  const { headers } = request
  if (keyedBy === 'target') return { key, target, rule, coding: 'identity', host: undefined }
  const coding = preferredCoding(headers['accept-encoding'] as string | undefined, ['br', 'gzip'])
  if (keyedBy === 'coding') return { key: `${key} ${coding}`, target, rule, coding, host: undefined }
  return { key: `${key} ${coding} ${headers.host}`, target, rule, coding, host: headers.host }
}

function answerOf(how: Answered): Answer {
  if (how.kind === 'fetched') return how.collapsed ? 'collapsed' : 'miss'
  return how.kind
}

const preflightFields = [
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
