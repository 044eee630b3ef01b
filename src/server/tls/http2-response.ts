import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { http2Head, respond } from './http2-head.ts'

/** A response over HTTP/2, with as much of a node:http response as the front and its senders use. */
export class Http2Response {
  /** Whether a Date is to be added. */
  sendDate = true
  writableEnded = false
  readonly stream: ServerHttp2Stream
  #status = 200
  #head: OutgoingHttpHeaders | undefined

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream
  }

  /** As it was sent, by whomever. */
  get statusCode(): number {
    return Number(this.stream.sentHeaders?.[':status'] ?? this.#status)
  }

  /** Whether everything was handed over to the connection. */
  get writableFinished(): boolean {
    return this.stream.writableFinished
  }

  get destroyed(): boolean {
    return this.stream.destroyed
  }

  get headersSent(): boolean {
    return this.stream.headersSent
  }

  /** Sets the head; it goes out with what follows. `fields`: names and values in turn. */
  writeHead(status: number, fields: readonly string[] = []): this {
    this.#status = status
    this.#head = http2Head(status, fields)
    return this
  }

  flushHeaders(): void {
    this.#respond(false)
  }

  /** @param taken called when the connection has taken the bytes, so that they may be let go */
  write(bytes: Uint8Array, taken?: () => void): boolean {
    this.#respond(false)
    return this.stream.write(bytes, taken)
  }

  end(bytes?: Uint8Array): void {
    this.writableEnded = true
    const isEmpty = bytes === undefined || bytes.length === 0
    this.#respond(isEmpty)
    // Node has ended the stream by itself where the method or the status allows no body.
    if (!this.stream.writableEnded) this.stream.end(bytes)
  }

  /**
   * A stream's close comes when nghttp2 has framed the last bytes, which TLS copies before the turn is over: only after that
   * may a listener let them go.
   */
  on(event: 'drain' | 'close', listener: () => void): this {
    this.stream.on(event, event === 'close' ? () => setImmediate(listener) : listener)
    return this
  }

  /** Breaks off with INTERNAL_ERROR: `close` would first say that this was all (RFC 9113 §8.1). */
  destroy(): this {
    this.stream.destroy(new Error('broken off'))
    return this
  }

  #respond(endStream: boolean): void {
    respond(this.stream, this.#head ?? http2Head(this.#status, []), { endStream, sendDate: this.sendDate })
  }
}
