import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type {
  Answered,
  Audience,
  Cache,
  Clock,
  Milliseconds,
  Outcome,
  SharedCache,
  StoredResponse,
  Wanted
} from '../cache.ts'
import { OriginError } from '../errors.ts'
import { cacheStatus } from '../http/cache-status.ts'
import { isMediaTarget, type Policy } from '../policy.ts'
import type { AccessNotes } from './access-notes.ts'
import { forwardedFields } from './bypass.ts'
import type { Trust } from './client-address.ts'
import { codedFor } from './coded.ts'
import type { Answer, Asked, ServerCounters } from './counters.ts'
import { sendError, sendProblem } from './error.ts'
import type { Form } from './lane/form.ts'
import type { Lane } from './lane/lane.ts'
import type { Limits } from './limits/limits.ts'
import type { Refusal } from './limits/refusals.ts'
import { pingFields, preflightFields } from './own-answers.ts'
import { goesAtPace, sendFill, sendStored } from './send.ts'
import { SharedFront } from './shared-front.ts'
import { preferredWait, wantedOf } from './wanted.ts'

/** Takes what the front leaves: everything that goes to the origin on behalf of one client. */
export type Bypass = (request: IncomingMessage, response: ServerResponse) => void

export interface FrontOptions {
  readonly cache: Cache
  /** Answers what the policy leaves to RFC 9111. */
  readonly shared?: SharedCache | undefined
  /** What the origin is called in requests that go there for everybody. */
  readonly originHost?: string
  readonly policy: Policy
  readonly audience: Audience
  readonly clock: Clock
  readonly trust: Trust
  readonly counters: ServerCounters
  readonly limits: Limits
  readonly notes: AccessNotes
  /** Told of hits that it may recognise when they come again. */
  readonly lane: Lane | undefined
  readonly bypass: Bypass
}

/** Stands before the router: answers from the cache whatever may come from there, and sends the rest on. */
export class Front {
  readonly #cache: Cache
  readonly #shared: SharedFront | undefined
  readonly #policy: Policy
  readonly #audience: Audience
  readonly #clock: Clock
  readonly #trust: Trust
  readonly #counters: ServerCounters
  readonly #limits: Limits
  readonly #notes: AccessNotes
  readonly #lane: Lane | undefined
  readonly #bypass: Bypass

  constructor(options: FrontOptions) {
    const { cache, policy, audience, clock, trust, counters, limits, notes, lane, bypass } = options
    this.#cache = cache
    this.#policy = policy
    this.#audience = audience
    this.#clock = clock
    this.#trust = trust
    this.#counters = counters
    this.#limits = limits
    this.#notes = notes
    this.#lane = lane
    this.#bypass = bypass
    this.#shared = options.shared && this.#sharedFront(options.shared, options.originHost ?? '')
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return this.#answerOther(request, response)
    const found = this.#policy(url, headers['user-agent'])
    if (found.kind === 'shared') return this.#shared?.answer(request, response, found.key)
    if (headers.authorization !== undefined) return this.#pass(request, response, 'other', 'bypass')
    if (found.kind === 'ping' && this.#audience.answersPings) return this.#answerPing(request, response)
    if (found.kind !== 'stored') return this.#pass(request, response, 'other', 'bypass')
    const wanted = wantedOf(request, found)
    if (found.rule.body === 'playlist' && !this.#welcome(request, response, wanted)) return
    const stored = this.#cache.lookup(wanted.key)
    const wait = stored === undefined ? 0 : preferredWait(request, stored)
    if (wait > 0) return void this.#wait(request, response, wanted, wait)
    if (stored !== undefined) {
      this.#count(response, found.rule.kind, 'hit')
      this.#lane?.learn(request, response, wanted)
      return this.#sendStored(request, response, stored, { kind: 'hit' })
    }
    // Owncast's answer to a HEAD holds nothing that could be stored.
    if (method === 'HEAD') return this.#pass(request, response, found.rule.kind, 'bypass')
    if (!this.#mayAskOrigin(request, response, found.rule.kind)) return
    void this.#fetch(request, response, wanted)
  }

  /**
   * What a plain GET that the lane has recognised is answered with, noted and counted like any other hit. Undefined where it
   * is to come the ordinary way: whatever `answer` may refuse or do otherwise for a hit belongs here as well.
   */
  hit({ key, rule }: Wanted, { visitor, acceptEncoding }: Form, socket: Socket): StoredResponse | undefined {
    const found = this.#cache.lookup(key)
    const stored = found && codedFor(found, acceptEncoding)
    if (stored === undefined || goesAtPace(socket, stored.length)) return undefined
    if (!this.#limits.admits(visitor)) return undefined
    if (rule.body === 'playlist') {
      if (!this.#limits.welcomes(visitor)) return undefined
      this.#audience.seen(visitor, key)
    }
    this.#counters.requests[rule.kind].hit++
    return stored
  }

  /** Notes who watches; false where somebody has come for whom there is no room. */
  #welcome(request: IncomingMessage, response: ServerResponse, { rule, key }: Wanted): boolean {
    const visitor = this.#trust.visitorOf(request)
    const refused = this.#limits.refusalOfViewer(visitor)
    if (refused !== undefined) return this.#refuse(request, response, rule.kind, refused)
    this.#audience.seen(visitor, key)
    return true
  }

  #mayAskOrigin(request: IncomingMessage, response: ServerResponse, asked: Asked): boolean {
    const refused = this.#limits.refusalAtOrigin(this.#trust.visitorOf(request), asked)
    return refused === undefined || this.#refuse(request, response, asked, refused)
  }

  #refuse({ url = '' }: IncomingMessage, response: ServerResponse, asked: Asked, refused: Refusal): false {
    this.#count(response, asked, 'refused')
    sendProblem(response, refused.status, refused, isMediaTarget(url))
    return false
  }

  #answerOther(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'OPTIONS' && isMediaTarget(request.url ?? ''))
      return this.#answerPreflight(response)
    this.#pass(request, response, 'other', 'bypass')
  }

  /** As Owncast does (owncast.md §2.6); it is told in its time. */
  #answerPing(request: IncomingMessage, response: ServerResponse): void {
    this.#count(response, 'other', 'ping')
    if (!this.#limits.overload.sheds('pings')) this.#audience.seen(this.#trust.visitorOf(request), undefined)
    response.writeHead(200, pingFields)
    response.end()
  }

  /** Owncast would answer with the whole body and count a viewer (owncast.md §2.3). */
  #answerPreflight(response: ServerResponse): void {
    this.#count(response, 'other', 'hit')
    response.writeHead(204, preflightFields)
    response.end()
  }

  /** An edge in front of us has what we have, and asks for the next as soon as there is one. */
  async #wait(
    request: IncomingMessage,
    response: ServerResponse,
    wanted: Wanted,
    most: Milliseconds
  ): Promise<void> {
    await this.#cache.change(wanted.key, most)
    if (!response.destroyed) await this.#fetch(request, response, wanted)
  }

  async #fetch(request: IncomingMessage, response: ServerResponse, wanted: Wanted): Promise<void> {
    try {
      const outcome = await this.#cache.fetch(wanted, this.#trust.visitorOf(request))
      if (!response.destroyed) this.#sendOutcome(request, response, wanted, outcome)
    } catch (error) {
      if (!(error instanceof OriginError)) throw error
      this.#count(response, wanted.rule.kind, 'failed')
      sendError(response, error, wanted.rule.crossOrigin)
    }
  }

  #sendOutcome(request: IncomingMessage, response: ServerResponse, { rule }: Wanted, outcome: Outcome): void {
    const now = this.#clock.now()
    switch (outcome.kind) {
      case 'stored':
        this.#count(response, rule.kind, answerOf(outcome.how))
        return this.#sendStored(request, response, outcome.response, outcome.how)
      case 'filling': {
        const { fill, collapsed } = outcome
        this.#count(response, rule.kind, collapsed ? 'collapsed' : 'miss')
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
        return this.#pass(request, response, rule.kind, 'uncacheable')
    }
  }

  #sendStored(
    request: IncomingMessage,
    response: ServerResponse,
    stored: StoredResponse,
    how: Answered
  ): void {
    const { range, 'accept-encoding': acceptEncoding } = request.headers
    const sent = codedFor(stored, acceptEncoding as string | undefined, range)
    sendStored(request, response, sent, how, this.#clock.now())
  }

  #pass(request: IncomingMessage, response: ServerResponse, asked: Asked, answer: Answer): void {
    if (!this.#mayAskOrigin(request, response, asked)) return
    this.#count(response, asked, answer)
    this.#bypass(request, response)
  }

  #sharedFront(cache: SharedCache, originHost: string): SharedFront {
    return new SharedFront({
      cache,
      clock: this.#clock,
      forwarded: (request) => forwardedFields(request, this.#trust, originHost),
      mayAskOrigin: (request, response) => this.#mayAskOrigin(request, response, 'resource'),
      count: (response, answer) => this.#count(response, 'resource', answer),
      pass: (request, response, answer) => this.#pass(request, response, 'resource', answer)
    })
  }

  #count(response: ServerResponse, asked: Asked, answer: Answer): void {
    this.#counters.requests[asked][answer]++
    this.#notes.answered(response, answer)
  }
}

function answerOf(how: Answered): Answer {
  if (how.kind === 'fetched') return how.collapsed ? 'collapsed' : 'miss'
  return how.kind
}
