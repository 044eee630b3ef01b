import { type Dispatcher, Pool } from 'undici'
import type { Bytes, Milliseconds } from '../cache.ts'
import type { Ping, PingLine } from './pinger.ts'

/** Few connections, each with many pings on their way at once. */
const connections = 4
const pipelining = 64
/** Owncast's answer is empty; what is longer is a page of something else, and not read. */
const longestAnswer: Bytes = 16 * 1024

export interface OriginPingsOptions {
  readonly connectTimeout: Milliseconds
  /** How long an answer may take. */
  readonly silence: Milliseconds
}

/** The connections that pings take, apart from those of video. */
export class OriginPings implements PingLine {
  readonly #pool: Pool
  readonly #origin: string
  readonly #host: string

  constructor(url: URL, { connectTimeout, silence }: OriginPingsOptions) {
    this.#origin = url.origin
    this.#host = url.host
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining,
      connect: { timeout: connectTimeout },
      headersTimeout: silence,
      bodyTimeout: silence,
      keepAliveTimeout: 20_000
    })
  }

  send(ping: Ping): void {
    const { address, userAgent } = ping.visitor
    const headers = ['Host', this.#host, 'X-Forwarded-For', address]
    if (userAgent !== undefined) headers.push('User-Agent', userAgent)
    this.#pool.dispatch(
      // Not blocking: others are sent before this one is answered.
      { origin: this.#origin, path: '/api/ping', method: 'GET', headers, blocking: false },
      new PingAnswer(ping)
    )
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** The answer to one ping. */
class PingAnswer implements Dispatcher.DispatchHandler {
  readonly #ping: Ping
  #status = 0
  #received: Bytes = 0
  #isLate = false

  constructor(ping: Ping) {
    this.#ping = ping
  }

  /** Called when it is about to be written, again after a connection broke. Throwing drops it and spares the connection. */
  onRequestStart(): void {
    this.#isLate = !this.#ping.mayBeSent()
    if (this.#isLate) throw new Error('too late')
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#received += bytes.length
    if (this.#received > longestAnswer) controller.abort(new Error('not an answer to a ping'))
  }

  onResponseEnd(): void {
    this.#ping.over(this.#status >= 200 && this.#status < 300 ? 'told' : 'refused')
  }

  onResponseError(): void {
    if (this.#isLate) this.#ping.over('late')
    else this.#ping.over(this.#received > longestAnswer ? 'refused' : 'lost')
  }
}
