import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import type { Bytes, Milliseconds } from '../cache.ts'

const MOST_REQUESTS = 10_000
const MOST_TARGETS = 10_000

/** A request that the stand-in has seen, and what became of it. */
export interface LoggedRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly at: Milliseconds
  /** Which of the connections it came by, counted from 1. */
  readonly connection: number
  /** Undefined while it is not answered. */
  status: number | undefined
  /** Bytes of the body sent so far. */
  sent: Bytes
  /** Whether the answer is complete, or was given up by either side. */
  state: 'open' | 'done' | 'broken'
  /** Resolves when the state is no longer open. */
  readonly over: Promise<void>
}

interface Waiter {
  readonly target: RegExp
  left: number
  readonly found: (request: LoggedRequest) => void
}

/** Every request seen, the newest 10 000 of them; counts of all. */
export class RequestLog {
  #all: LoggedRequest[] = []
  /** request target → how often it was asked for, by any method, and the bytes sent for it. */
  #targets = new Map<string, { count: number; bytes: Bytes }>()
  #total = 0
  #bytes: Bytes = 0
  readonly #waiters = new Set<Waiter>()
  readonly #connections = new WeakMap<object, number>()
  #lastConnection = 0

  get all(): readonly LoggedRequest[] {
    return this.#all
  }

  get total(): number {
    return this.#total
  }

  /** Bytes of bodies sent since the last reset. */
  get bytes(): Bytes {
    return this.#bytes
  }

  get targets(): ReadonlyMap<string, { readonly count: number; readonly bytes: Bytes }> {
    return this.#targets
  }

  /** How often targets like this one (a string: exactly it, with its query) were asked for. */
  count(target: string | RegExp): number {
    if (typeof target === 'string') return this.#targets.get(target)?.count ?? 0
    let sum = 0
    for (const [name, { count }] of this.#targets) if (target.test(name)) sum += count
    return sum
  }

  /** The requests kept for targets like this one. */
  matching(target: RegExp): LoggedRequest[] {
    return this.#all.filter((request) => target.test(request.target))
  }

  /** Resolves with the next request for such a target, or the `count`th from now. */
  next(target: RegExp, count = 1): Promise<LoggedRequest> {
    return new Promise((found) => {
      this.#waiters.add({ target, left: count, found })
    })
  }

  reset(): void {
    this.#all = []
    this.#targets = new Map()
    this.#total = 0
    this.#bytes = 0
  }

  /** Called by the server for each request. */
  add(received: IncomingMessage, response: Writable, at: Milliseconds): LoggedRequest {
    const { method = '', url = '', headers, rawHeaders, socket } = received
    const connection = this.#connections.get(socket) ?? ++this.#lastConnection
    this.#connections.set(socket, connection)
    const over = new Promise<void>((resolve) => {
      response.once('close', () => {
        request.state = response.writableFinished ? 'done' : 'broken'
        resolve()
      })
    })
    const request: LoggedRequest = {
      ...{ method, target: url, headers, rawHeaders, at, connection, over },
      ...{ status: undefined, sent: 0, state: 'open' }
    }
    this.#all.push(request)
    if (this.#all.length > MOST_REQUESTS) this.#all.splice(0, MOST_REQUESTS / 10)
    this.#total += 1
    this.#row(url).count += 1
    this.#wake(request)
    return request
  }

  /** Called by the server for each part of a body. */
  sent(request: LoggedRequest, bytes: Bytes): void {
    request.sent += bytes
    this.#bytes += bytes
    this.#row(request.target).bytes += bytes
  }

  #row(target: string): { count: number; bytes: Bytes } {
    const name = this.#targets.has(target) || this.#targets.size < MOST_TARGETS ? target : '(others)'
    const row = this.#targets.get(name) ?? { count: 0, bytes: 0 }
    this.#targets.set(name, row)
    return row
  }

  #wake(request: LoggedRequest): void {
    for (const waiter of this.#waiters) {
      if (!waiter.target.test(request.target)) continue
      waiter.left -= 1
      if (waiter.left > 0) continue
      this.#waiters.delete(waiter)
      waiter.found(request)
    }
  }
}
