import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Bytes, Clock } from '../cache.ts'
import type { AccessLogSlot } from './access-log.ts'
import type { Trust } from './client-address.ts'
import type { Answer } from './counters.ts'

/** Follows the responses of node:http to their ends for the access log; while that is off, nothing is followed. */
export class AccessNotes {
  readonly #slot: AccessLogSlot
  readonly #trust: Trust
  readonly #clock: Clock
  /** From a response that is followed to how it is answered. */
  readonly #outcomes = new WeakMap<ServerResponse, Answer>()

  constructor(slot: AccessLogSlot, trust: Trust, clock: Clock) {
    this.#slot = slot
    this.#trust = trust
    this.#clock = clock
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    if (this.#slot.log === undefined) return
    const { method = '', url: target = '', headers, httpVersion } = request
    const at = this.#clock.now()
    const startedAt = performance.now()
    const address = this.#trust.addressOf(request)
    const bodyBytes = countBody(response)
    this.#outcomes.set(response, 'refused')
    response.on('close', () => {
      const { statusCode: status } = response
      this.#slot.log?.ended({
        at,
        took: performance.now() - startedAt,
        address,
        method,
        target,
        protocol: `HTTP/${httpVersion}`,
        status,
        bytes: method === 'HEAD' || status === 304 ? 0 : bodyBytes(),
        outcome: this.#outcomes.get(response) ?? 'refused',
        isComplete: response.writableFinished,
        referer: headers.referer,
        userAgent: headers['user-agent']
      })
    })
  }

  answered(response: ServerResponse, answer: Answer): void {
    if (this.#outcomes.has(response)) this.#outcomes.set(response, answer)
  }
}

/**
 * Counts the bytes of a body as they are handed over: the connection counts heads and framing as well. Over HTTP/2 at the
 * stream, to which the router has a response of its own.
 */
function countBody(response: ServerResponse): () => Bytes {
  let bytes: Bytes = 0
  const body = (response as ServerResponse & { readonly stream?: ServerResponse }).stream ?? response
  const { write, end } = body
  const count = (chunk: unknown): void => {
    if (typeof chunk === 'string') bytes += Buffer.byteLength(chunk)
    else if (chunk instanceof Uint8Array) bytes += chunk.length
  }
  body.write = ((...given: Parameters<typeof write>) => {
    count(given[0])
    return write.apply(body, given)
  }) as typeof write
  body.end = ((...given: Parameters<typeof end>) => {
    count(given[0])
    return end.apply(body, given)
  }) as typeof end
  return () => bytes
}
