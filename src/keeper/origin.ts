import { buildConnector, type Dispatcher, errors, Pool } from 'undici'
import type { Cancel, Milliseconds, Timekeeper } from '../cache.ts'
import { OriginError } from '../errors.ts'
import type { Kind } from '../policy.ts'
import { originChanged } from './events.ts'
import { Health } from './health.ts'
import { Intake } from './intake.ts'
import { Queue } from './queue.ts'
import { bytesPassed } from './young.ts'

export interface OriginRequest {
  /** GET where nothing is said. */
  readonly method?: 'GET' | 'HEAD'
  readonly target: string
  /** Decides who goes first. */
  readonly kind: Kind
  /** Names and values in turn. */
  readonly fields: readonly string[]
  /** How long the origin may be silent. */
  readonly silence: Milliseconds
  /** The same within the body, where that is another time; 0: forever. */
  readonly bodySilence?: Milliseconds
}

/** Who receives an answer of the origin. `failed` comes at most once, and nothing after it. */
export interface OriginSink {
  /** Something comes before the head (RFC 9110 §15.2). */
  informed?(status: number, fields: string[]): void
  head(status: number, fields: string[], flow: Flow): void
  piece(bytes: Buffer): void
  end(): void
  failed(error: OriginError): void
}

/** The reins of an answer that is arriving. Nothing comes after `abort`. */
export interface Flow {
  pause(): void
  resume(): void
  abort(): void
  /** It goes on for one client only: others need not wait for its end. */
  leaveQueue(): void
}

export interface OriginOptions {
  readonly clock: Timekeeper
  readonly connections: number
  readonly connectTimeout: Milliseconds
}

const probeSilence: Milliseconds = 2000

/** The one way to the origin for whatever may be stored: ranks requests, knows whether it is there, names every failure. */
export class Origin {
  readonly host: string
  readonly #pool: Pool
  readonly #url: string
  readonly #queue: Queue
  readonly #health: Health

  constructor(url: URL, { clock, connections, connectTimeout }: OriginOptions) {
    this.host = url.host
    this.#url = url.origin
    this.#queue = new Queue(connections)
    this.#health = new Health(
      clock,
      () => this.#probe(),
      (isDown, detail) => originChanged.publish({ isDown, detail })
    )
    this.#pool = new Pool(url.origin, {
      connections: connections + 1,
      pipelining: 1,
      connect: url.protocol === 'https:' ? { timeout: connectTimeout } : intoIntake(connectTimeout),
      keepAliveTimeout: 30_000
    })
  }

  get isDown(): boolean {
    return this.#health.isDown
  }

  get waiting(): number {
    return this.#queue.waiting
  }

  whenUp(wake: () => void): Cancel {
    return this.#health.whenUp(wake)
  }

  /** Asks with GET when its turn comes; an origin that is known to be down is not asked. */
  ask(request: OriginRequest, sink: OriginSink): void {
    const { kind } = request
    const fail = (code: 'unreachable' | 'overloaded', detail: string): void => {
      setImmediate(() => sink.failed(new OriginError(code, detail)))
    }
    if (this.isDown) return fail('unreachable', 'the origin is down')
    const start = (): void => this.#dispatch(request, this.#watched(sink, kind), true)
    if (!this.#queue.enter(kind, start)) fail('overloaded', 'too many requests are waiting')
  }

  async close(): Promise<void> {
    this.#health.close()
    await this.#pool.destroy()
  }

  /** The sink with the queue's place given back and the origin's health kept. */
  #watched(sink: OriginSink, kind: Kind): OriginSink {
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      this.#queue.leave(kind)
    }
    return {
      informed: (status, fields) => sink.informed?.(status, fields),
      head: (status, fields, flow) => {
        this.#health.answered()
        const abort = (): void => {
          flow.abort()
          over()
        }
        sink.head(status, fields, { ...flow, abort, leaveQueue: over })
      },
      piece: (bytes) => {
        sink.piece(bytes)
        bytesPassed(bytes.length)
      },
      end: () => {
        over()
        sink.end()
      },
      failed: (error) => {
        over()
        this.#health.failed(error.code, error.detail)
        sink.failed(error)
      }
    }
  }

  #dispatch(request: OriginRequest, sink: OriginSink, mayRepeat: boolean): void {
    const handler = new Answer(sink, (error) => {
      // A connection that the origin closed while it was idle is no answer: that is asked once more.
      if (mayRepeat && wasClosed(error)) this.#dispatch(request, sink, false)
      else sink.failed(originError(error, 'before the head'))
    })
    this.#pool.dispatch(
      {
        origin: this.#url,
        path: request.target,
        method: request.method ?? 'GET',
        headers: request.fields as string[],
        headersTimeout: request.silence,
        bodyTimeout: request.bodySilence ?? request.silence
      },
      handler
    )
  }

  /** Whether the origin answers at all: with anything, to a request that counts no viewer. */
  async #probe(): Promise<boolean> {
    try {
      const { body } = await this.#pool.request({
        path: '/api/status',
        method: 'GET',
        headersTimeout: probeSilence,
        bodyTimeout: probeSilence
      })
      await body.dump()
      return true
    } catch {
      return false
    }
  }
}

/** Connects without TLS; each connection reads into memory of its own. */
function intoIntake(timeout: Milliseconds): buildConnector.connector {
  return (options, connected) => {
    const intake = new Intake()
    const { onread } = intake
    buildConnector({ timeout, onread } as object)(options, (...result) => connected(...intake.serve(result)))
  }
}

/** One answer of undici, told to a sink. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #sink: OriginSink
  readonly #failedEarly: (error: Error) => void
  #hasHead = false
  #isAborted = false

  constructor(sink: OriginSink, failedEarly: (error: Error) => void) {
    this.#sink = sink
    this.#failedEarly = failedEarly
  }

  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return this.#sink.informed?.(status, textOf(controller))
    this.#hasHead = true
    const abort = (): void => {
      this.#isAborted = true
      controller.abort(new Error('not wanted'))
    }
    this.#sink.head(status, textOf(controller), {
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort,
      leaveQueue: () => {}
    })
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (!this.#isAborted) this.#sink.piece(bytes)
  }

  onResponseEnd(): void {
    if (!this.#isAborted) this.#sink.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isAborted) return
    if (this.#hasHead) this.#sink.failed(originError(error, 'within the body'))
    else this.#failedEarly(error)
  }
}

/** Fields as text, in the origin's own spelling and order; latin1 as everywhere in Node's HTTP. */
function textOf(controller: Dispatcher.DispatchController): string[] {
  const raw = (controller as unknown as { rawHeaders: readonly Buffer[] }).rawHeaders
  return raw.map((part) => part.toString('latin1'))
}

function wasClosed(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

/** What a failure of undici means to us. */
export function originError(error: Error, when: 'before the head' | 'within the body'): OriginError {
  const detail = `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new OriginError('timeout', detail)
  if (error instanceof errors.ConnectTimeoutError) return new OriginError('unreachable', detail)
  if (when === 'within the body' || wasClosed(error)) return new OriginError('broken', detail)
  // What undici finds fault with itself was said by an origin that is there; all else is of the system or of TLS.
  const isNonsense =
    error instanceof errors.HTTPParserError || /^UND_ERR_/.test((error as NodeJS.ErrnoException).code ?? '')
  return new OriginError(isNonsense ? 'unusable' : 'unreachable', detail)
}
