import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../cache.ts'
import { type Answer, goError } from './answer.ts'
import type { Faults, Plan } from './faults.ts'
import { type Received, receive } from './received.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import { cutRope, type Rope, ropeLength } from './rope.ts'
import type { Uplink } from './uplink.ts'
import { settle } from './wire.ts'

export interface Routes {
  answer(request: Received): Answer | Promise<Answer>
  /** What is said of this target when there is no such file. */
  missing(request: Received): Answer
}

export interface ExchangeParts {
  readonly routes: Routes
  readonly clock: Clock
  readonly faults: Faults
  readonly requests: RequestLog
  readonly uplink: Uplink
}

/** Answers requests, with whatever faults are on command. */
export class Exchange {
  readonly #parts: ExchangeParts

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, faults, requests, routes } = this.#parts
    const logged = requests.add(incoming, response, clock.now())
    const plan = faults.take(logged.target)
    const request = await receive(incoming)
    // The answer is made when the request comes: what is held back or late is as old as it would be in a slow network.
    const answer = plan.missing === undefined ? await routes.answer(request) : routes.missing(request)
    if (plan.hang !== undefined) return
    if (plan.latency !== undefined) await delay(plan.latency.ms)
    if (plan.hold !== undefined && plan.hold.after === undefined) await plan.hold.gate.pass(logged)
    if (response.destroyed) return
    if (plan.malformed !== undefined)
      return void incoming.socket.end('HTTP/1.1 2OO OK\r\nContent-Length: some\r\n\r\n')
    if (answer.events !== undefined) return this.#sendEvents(answer, response, logged)
    await this.#send(request, damaged(answer, plan), plan, response, logged)
  }

  async #send(
    request: Received,
    answer: Answer,
    plan: Plan,
    response: ServerResponse,
    logged: LoggedRequest
  ): Promise<void> {
    const { status, fields, body } = await settle(request, answer)
    const promised = fields['Content-Length']
    const wrong = promised !== undefined && plan.length !== undefined
    this.#sendHead(response, logged, status, {
      ...fields,
      ...(wrong ? { 'Content-Length': String(Math.max(0, Number(promised) + plan.length.off)) } : {})
    })
    if (request.method !== 'HEAD') await this.#sendBody(response, logged, body, plan)
    const cut = plan.break !== undefined || (wrong && plan.length.off > 0)
    if (cut) response.socket?.destroySoon()
    else response.end()
  }

  #sendHead(response: ServerResponse, logged: LoggedRequest, status: number, fields: Answer['fields']): void {
    logged.status = status
    // Go says nothing about a connection that stays, and the date is that of the clock.
    if (response.shouldKeepAlive) response.removeHeader('Connection')
    response.sendDate = false
    response.writeHead(status, { ...fields, Date: new Date(this.#parts.clock.now()).toUTCString() })
  }

  async #sendBody(response: ServerResponse, logged: LoggedRequest, body: Rope, plan: Plan): Promise<void> {
    const whole = plan.break === undefined ? body : cutRope(body, 0, plan.break.bytes)
    if (this.#parts.uplink.rate > 0 || Object.keys(plan).length > 0) response.flushHeaders()
    if (plan.hold?.after === undefined) return this.#push(response, logged, whole, plan)
    const { gate, after } = plan.hold
    await this.#push(response, logged, cutRope(whole, 0, after), plan)
    await gate.pass(logged)
    await this.#push(response, logged, cutRope(whole, after, ropeLength(whole)), plan)
  }

  async #push(response: ServerResponse, logged: LoggedRequest, body: Rope, plan: Plan): Promise<void> {
    const { uplink, requests } = this.#parts
    const { bytes, everyMs = 1000 } = { bytes: 1, ...plan.trickle }
    for (const part of body) {
      const step = plan.trickle === undefined ? part.length : bytes
      for (let at = 0; at < part.length && !response.destroyed; at += step) {
        await uplink.send(response, part.subarray(at, at + step), (count) => requests.sent(logged, count))
        if (plan.trickle !== undefined) await delay(everyMs)
      }
    }
  }

  #sendEvents(answer: Answer, response: ServerResponse, logged: LoggedRequest): void {
    this.#sendHead(response, logged, answer.status, { ...answer.fields, Vary: 'Accept-Encoding' })
    response.flushHeaders()
    const stop = answer.events?.((event) => {
      this.#parts.requests.sent(logged, Buffer.byteLength(event))
      response.write(event)
    })
    response.once('close', () => stop?.())
  }
}

function damaged(answer: Answer, { status, truncated }: Plan): Answer {
  if (status !== undefined) return goError(status.status, STATUS_CODES[status.status] ?? 'unknown')
  if (truncated === undefined) return answer
  return { ...answer, body: cutRope(answer.body, 0, truncated.bytes) }
}
