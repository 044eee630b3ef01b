import { type Dispatcher, errors, Pool } from 'undici'
import type { Milliseconds } from '../cache.ts'
import { OriginError } from '../errors.ts'

export interface OriginRequest {
  readonly target: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
}

/** Who receives an answer of the origin. `failed` comes at most once, and nothing after it. */
export interface OriginSink {
  head(status: number, fields: string[], flow: Flow): void
  piece(bytes: Buffer): void
  end(): void
  failed(error: OriginError): void
}

/** The reins of an answer that is arriving. */
export interface Flow {
  pause(): void
  resume(): void
  abort(): void
}

export interface OriginOptions {
  readonly connections: number
  readonly connectTimeout: Milliseconds
  readonly silenceTimeout: Milliseconds
}

/** The one way to the origin for whatever may be stored: keeps connections and turns every failure into an OriginError. */
export class Origin {
  readonly host: string
  readonly #pool: Pool
  readonly #url: string

  constructor(url: URL, { connections, connectTimeout, silenceTimeout }: OriginOptions) {
    this.host = url.host
    this.#url = url.origin
    this.#pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      connect: { timeout: connectTimeout },
      headersTimeout: silenceTimeout,
      bodyTimeout: silenceTimeout,
      keepAliveTimeout: 30_000
    })
  }

  /** Asks with GET. A connection that the origin closed while it was idle is not an answer: that is asked once more. */
  ask(request: OriginRequest, sink: OriginSink): void {
    this.#dispatch(request, sink, () => this.#dispatch(request, sink, undefined))
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  #dispatch(request: OriginRequest, sink: OriginSink, again: (() => void) | undefined): void {
    let started = false
    let aborted = false
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(controller, status) {
        if (status < 200) return
        started = true
        const abort = (): void => {
          aborted = true
          controller.abort(new Error('not wanted'))
        }
        sink.head(status, textOf(controller), {
          pause: () => controller.pause(),
          resume: () => controller.resume(),
          abort
        })
      },
      onResponseData(_controller, bytes) {
        if (!aborted) sink.piece(bytes)
      },
      onResponseEnd() {
        if (!aborted) sink.end()
      },
      onResponseError(_controller, error) {
        if (aborted) return
        if (!started && again !== undefined && wasClosedIdle(error)) again()
        else sink.failed(originError(error, started))
      }
    }
    const headers = request.fields as string[]
    this.#pool.dispatch({ origin: this.#url, path: request.target, method: 'GET', headers }, handler)
  }
}

/** Fields as text, in the origin's own spelling and order; latin1 as everywhere in Node's HTTP. */
function textOf(controller: Dispatcher.DispatchController): string[] {
  const raw = (controller as unknown as { rawHeaders: readonly (Buffer | Buffer[])[] }).rawHeaders
  return raw.map((part) => part.toString('latin1'))
}

function wasClosedIdle(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** What a failure of undici means to us. `started`: the head had come already. */
export function originError(error: Error, started: boolean): OriginError {
  const code = (error as NodeJS.ErrnoException).code
  const detail = `${code ?? error.name}: ${error.message}`
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new OriginError('timeout', detail)
  if (error instanceof errors.ConnectTimeoutError) return new OriginError('timeout', detail)
  if (started) return new OriginError('broken', detail)
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError)
    return new OriginError('unusable', detail)
  return new OriginError(wasClosedIdle(error) ? 'broken' : 'unreachable', detail)
}
