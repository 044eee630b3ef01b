import type { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import type { Milliseconds } from './cache.ts'
import { OriginError } from './errors.ts'
import { originError } from './keeper/origin.ts'

/** A request of one client, as it is to reach the origin: byte for byte, but for the forwarded fields. */
export interface PassedRequest {
  readonly target: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
  readonly body: Readable | null
  /** Aborted when the client leaves before it has said and been told everything. */
  readonly gone: AbortSignal
  /** Called with what the origin says before its answer (RFC 9110 §15.2). */
  informed(status: number, fields: readonly string[]): void
}

/** Where @fastify/reply-from's copy of the headers carries the request that is meant. */
export const passedRequest = Symbol('passed request')

interface ReplyFromOptions {
  readonly method: Dispatcher.HttpMethod
  readonly headers: { readonly [passedRequest]?: PassedRequest }
}

/**
 * The connections that the bypass uses, of the shape that @fastify/reply-from takes for its undici. It sends the client's
 * own request target and fields, which reply-from would normalise: signatures of the federation cover them (owncast.md
 * §8.13). Connections are apart from those of the cache, so that slow pages never hold up video.
 */
export class Passage {
  readonly #pool: Pool
  readonly #url: string
  readonly #isDown: () => boolean

  constructor(url: URL, { connections, connectTimeout, answerTimeout, isDown }: PassageOptions) {
    this.#isDown = isDown
    this.#url = url.origin
    // Without a limit on the silence within a body: events may be minutes apart.
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      connect: { timeout: connectTimeout },
      headersTimeout: answerTimeout,
      bodyTimeout: 0
    })
  }

  request(
    options: ReplyFromOptions,
    answered: (error: Error | null, data?: Dispatcher.ResponseData) => void
  ): void {
    const passed = options.headers[passedRequest]
    if (passed === undefined) throw new Error('a request came to the passage without its target')
    if (this.#isDown()) {
      setImmediate(() => answered(new OriginError('unreachable', 'the origin is down')))
      return
    }
    const { target, fields, body, gone, informed } = passed
    const { method } = options
    this.#pool
      .request({
        origin: this.#url,
        path: target,
        method,
        headers: fields as string[],
        body,
        signal: gone,
        onInfo: ({ statusCode, headers }) => informed(statusCode, pairsOf(headers))
      })
      .then(
        (data) => {
          // Destroyed by whoever finds the client gone, which is no error that anybody waits for.
          data.body.on('error', () => {})
          answered(null, data)
        },
        (error: Error) => answered(originError(error, 'before the head'))
      )
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

function pairsOf(fields: Record<string, string | string[]>): string[] {
  return Object.entries(fields).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]))
}

export interface PassageOptions {
  readonly connections: number
  readonly connectTimeout: Milliseconds
  readonly answerTimeout: Milliseconds
  /** Whether the origin is known to be away: then nothing is sent to it. */
  readonly isDown: () => boolean
}
