import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions
} from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Bytes, Milliseconds } from '../../cache.ts'
import { Http2Request } from './http2-request.ts'
import { Http2Response } from './http2-response.ts'

/**
 * What one client may take. Streams that are opened only to be reset are counted by nghttp2, pings and settings by Node,
 * each within its own limits (CVE-2023-44487, CVE-2019-9512, CVE-2019-9515).
 */
const limits: ServerOptions = {
  settings: { maxConcurrentStreams: 128, enablePush: false },
  maxSessionMemory: 10,
  maxHeaderListPairs: 100,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
  maxSettings: 32
}

/** Takes requests like those of node:http. */
export type Answering = (request: Http2Request, response: Http2Response) => void

export interface Http2Options {
  readonly answer: Answering
  /** As long as HTTP/1.1 keeps a connection without requests; 0 for ever. */
  readonly idleLimit: Milliseconds
  /** The head of a request, as RFC 9113 §6.5.2 counts it. */
  readonly mostHead: Bytes
}

/** The HTTP/2 connections of viewers. */
export class Http2Sessions {
  readonly #options: Http2Options
  readonly #open = new Set<ServerHttp2Session>()

  constructor(options: Http2Options) {
    this.#options = options
  }

  /** Speaks HTTP/2 on a connection whose handshake has agreed on it; returns what tells whether something waits for it. */
  accept(socket: TLSSocket): () => boolean {
    const { idleLimit, mostHead } = this.#options
    const settings = { ...limits.settings, maxHeaderListSize: mostHead }
    const session = performServerHandshake(socket, { ...limits, settings })
    const streams = new Set<ServerHttp2Stream>()
    this.#open.add(session)
    session.once('close', () => this.#open.delete(session))
    // A connection that broke; 'close' follows, and each of its streams learns of it.
    session.on('error', () => {})
    session.setTimeout(idleLimit, () => {
      if (streams.size === 0) session.close()
    })
    session.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, received: string[]) => {
        streams.add(stream)
        stream.once('close', () => streams.delete(stream))
        this.#take(stream, headers, received, socket)
      }
    )
    return () => [...streams].some(({ writableLength }) => writableLength > 0)
  }

  /** Says GOAWAY: what was asked for is still answered, and nothing more is accepted (RFC 9113 §6.8). */
  close(): void {
    for (const session of this.#open) session.close()
  }

  #take(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    received: string[],
    socket: TLSSocket
  ): void {
    // Reset within the same read, before anybody could answer.
    if (stream.destroyed || stream.closed) return
    // A client that has reset the stream; 'close' follows, for which whoever answers listens.
    stream.on('error', () => {})
    this.#options.answer(new Http2Request(stream, headers, received, socket), new Http2Response(stream))
  }
}
